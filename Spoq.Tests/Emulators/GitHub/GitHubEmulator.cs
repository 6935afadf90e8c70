using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Emulators.GitHub;

/// <summary>
/// GitHub's web flow as published: refusals of the token endpoint come with status 200, the profile's address is null
/// when it is private, and the verified addresses are a list of their own.
/// </summary>
public sealed class GitHubEmulator : OAuthEmulator
{
    public static Task<GitHubEmulator> StartAsync() => StartAsync(new GitHubEmulator());

    protected override void Map(WebApplication app)
    {
        app.MapGet("/login/oauth/authorize", (HttpRequest request) => request.Query["scope"].ToString().Contains("user:email", StringComparison.Ordinal) ? Authorize(request) : Results.BadRequest());
        app.MapPost("/login/oauth/access_token", TokenAsync);
        app.MapGet("/user", (HttpRequest request) => Bearer(request) is { } person && request.Headers.UserAgent.Count > 0
            ? Results.Json(new { id = long.Parse(person.Subject, CultureInfo.InvariantCulture), login = person.Name, email = person.IsPrivate ? null : person.Email })
            : Results.Json(new { message = "Bad credentials" }, statusCode: 401));
        app.MapGet("/user/emails", (HttpRequest request) => Bearer(request) is { } person
            ? Results.Json(Emails(person))
            : Results.Json(new { message = "Bad credentials" }, statusCode: 401));
    }

    private static object[] Emails(Person person) =>
    [
        new { email = $"{person.Subject}+{person.Name}@users.noreply.github.com", primary = false, verified = true, visibility = (string?)null },
        .. person.Email is null ? Array.Empty<object>() : [new { email = person.Email, primary = true, verified = person.IsVerified, visibility = person.IsPrivate ? "private" : "public" }],
    ];

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var (token, reason) = Redeem(await request.ReadFormAsync());
        return token is not null
            ? Results.Json(new { access_token = token, scope = "user:email", token_type = "bearer" })
            : Results.Json(new { error = reason == "client" ? "incorrect_client_credentials" : "bad_verification_code", error_description = "The code passed is incorrect or expired." });
    }
}
