using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Spoq.Tests.Emulators;

/// <summary>Somebody with an account at a provider.</summary>
/// <param name="Subject">Never changes.</param>
/// <param name="Name">What others see.</param>
/// <param name="Email">The primary address; it may change.</param>
/// <param name="IsVerified">Whether the provider verified it.</param>
/// <param name="IsPrivate">Whether the profile hides it.</param>
public sealed record Person(string Subject, string Name, string? Email, bool IsVerified = true, bool IsPrivate = false);

/// <summary>The code flow that providers have in common, on loopback: codes work once, for their client, address and PKCE verifier.</summary>
public abstract class OAuthEmulator : IAsyncDisposable
{
    public const string ClientId = "spoq-client";
    public const string ClientSecret = "spoq-client-secret";

    private readonly ConcurrentDictionary<string, Code> _codes = new();
    private readonly ConcurrentDictionary<string, Person> _tokens = new();
    private WebApplication _app = null!;

    public Uri BaseUrl => new(_app.Urls.First());

    /// <summary>Who is signed in at the provider in the browser that comes; null: they press Cancel.</summary>
    public Person? Current { get; set; }

    /// <summary>True: everything but the consent page answers 500.</summary>
    public bool IsBroken { get; set; }

    /// <summary>What went wrong at the token endpoint, newest last.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static async Task<T> StartAsync<T>(T emulator)
        where T : OAuthEmulator
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        emulator._app = builder.Build();
        emulator._app.Urls.Add("http://127.0.0.1:0");
        emulator._app.Use((context, next) =>
        {
            if (!emulator.IsBroken || context.Request.Path.Value!.EndsWith("/authorize", StringComparison.Ordinal) || context.Request.Path.Value.EndsWith("/auth", StringComparison.Ordinal))
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        });
        emulator.Map(emulator._app);
        await emulator._app.StartAsync();
        return emulator;
    }

    protected abstract void Map(WebApplication app);

    /// <summary>RFC 6749, 4.1.1 and RFC 7636, 4.3.</summary>
    protected IResult Authorize(HttpRequest request)
    {
        var query = request.Query;
        if (query["client_id"] != ClientId || query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["code_challenge"].ToString().Length != 43 || query["state"].Count != 1)
        {
            return Results.BadRequest("This request is not allowed: " + request.QueryString);
        }

        var answer = new Dictionary<string, string?> { ["state"] = query["state"] };
        if (Current is { } person)
        {
            var code = NewSecret();
            _codes[code] = new Code(person, query["redirect_uri"]!, query["code_challenge"]!);
            answer["code"] = code;
        }
        else
        {
            answer["error"] = "access_denied";
        }

        return Results.Redirect(QueryHelpers.AddQueryString(query["redirect_uri"]!, answer));
    }

    /// <returns>An access token, or null and the reason.</returns>
    protected (string? Token, string Reason) Redeem(IFormCollection form)
    {
        if (form["client_id"] != ClientId || form["client_secret"] != ClientSecret)
        {
            return Refuse("client");
        }

        if (form["grant_type"] != "authorization_code" || !_codes.TryRemove(form["code"].ToString(), out var code) || code.RedirectUri != form["redirect_uri"])
        {
            return Refuse("code");
        }

        var challenge = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (challenge != code.Challenge)
        {
            return Refuse("verifier");
        }

        var token = NewSecret();
        _tokens[token] = code.Person;
        return (token, "");
    }

    protected Person? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.Ordinal) && _tokens.TryGetValue(header[7..], out var person) ? person : null;
    }

    private (string? Token, string Reason) Refuse(string reason)
    {
        Refused.Enqueue(reason);
        return (null, reason);
    }

    private static string NewSecret() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    private sealed record Code(Person Person, string RedirectUri, string Challenge);
}
