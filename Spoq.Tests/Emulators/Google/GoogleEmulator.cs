using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Emulators.Google;

/// <summary>Google's web server flow and OpenID Connect user info as published.</summary>
public sealed class GoogleEmulator : OAuthEmulator
{
    public static Task<GoogleEmulator> StartAsync() => StartAsync(new GoogleEmulator());

    protected override void Map(WebApplication app)
    {
        app.MapGet("/o/oauth2/v2/auth", (HttpRequest request) => request.Query["scope"].ToString().Split(' ').Contains("openid") ? Authorize(request) : Results.BadRequest());
        app.MapPost("/token", TokenAsync);
        app.MapGet("/v1/userinfo", (HttpRequest request) => Bearer(request) is { } person
            ? Results.Json(new { sub = person.Subject, name = person.Name, email = person.Email, email_verified = person.IsVerified })
            : Results.Json(new { error = "invalid_request", error_description = "Invalid Credentials" }, statusCode: 401));
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var (token, reason) = Redeem(await request.ReadFormAsync());
        return token is not null
            ? Results.Json(new { access_token = token, expires_in = 3599, scope = "openid email profile", token_type = "Bearer" })
            : Results.Json(new { error = reason == "client" ? "invalid_client" : "invalid_grant" }, statusCode: reason == "client" ? 401 : 400);
    }
}
