using System.Globalization;

namespace Spoq.Core.Access;

/// <summary>What an authorization request comes to once it is read.</summary>
public abstract record AuthorizationReading
{
    private AuthorizationReading()
    {
    }

    /// <summary>Who asks or where the answer should go is not trusted: a page says so, and nothing is sent anywhere.</summary>
    public sealed record Stranger(string Why) : AuthorizationReading;

    /// <summary>The client is told.</summary>
    public sealed record Wrong(string RedirectUri, string? State, OAuthError Error) : AuthorizationReading;

    public sealed record Fine(AuthorizationRequest Request) : AuthorizationReading;
}

/// <summary>A program asks to be let in (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1), checked.</summary>
public sealed record AuthorizationRequest
{
    private const int MaxTextLength = 2048;

    private static readonly string[] s_prompts = ["none", "login", "consent", "select_account"];

    public required OAuthClient Client { get; init; }

    public required string RedirectUri { get; init; }

    public required ScopeSet Scopes { get; init; }

    /// <summary>Returned untouched.</summary>
    public string? State { get; init; }

    public required string CodeChallenge { get; init; }

    public string? Nonce { get; init; }

    public bool MayNotAsk { get; init; }

    /// <summary>The client wants a fresh sign-in.</summary>
    public bool WantsSignIn { get; init; }

    /// <summary>How long ago the sign-in may be.</summary>
    public TimeSpan? MaxAge { get; init; }

    public string? LoginHint { get; init; }

    /// <summary>Only to say who somebody is costs nothing; all else is part of a plan.</summary>
    public bool NeedsPlan => !Scopes.IsWithin(ScopeSet.Parse($"{Access.Scopes.OpenId} {Access.Scopes.Profile}"));

    /// <param name="parameters">As they came, repeated ones too.</param>
    /// <param name="client">Whom <c>client_id</c> names; null: nobody.</param>
    /// <param name="issuer">Ourselves, which <c>resource</c> may name (RFC 8707).</param>
    public static AuthorizationReading Read(ILookup<string, string> parameters, OAuthClient? client, string issuer)
    {
        if (client is null || !client.MayUse(OAuthClient.CodeGrant) || parameters["client_id"].Count() != 1)
        {
            return new AuthorizationReading.Stranger("No app of this name is known here. It may have to be registered first.");
        }

        if (parameters["redirect_uri"].ToList() is not [{ Length: > 0 } redirectUri] || !client.MayReturnTo(redirectUri))
        {
            return new AuthorizationReading.Stranger($"{client.Name} asked to send you to an address that it has not registered. Somebody may be trying to get in with its name.");
        }

        var state = One(parameters, "state");
        return Check(parameters, client, issuer) is { } error
            ? new AuthorizationReading.Wrong(redirectUri, state, error)
            : new AuthorizationReading.Fine(new AuthorizationRequest
            {
                Client = client,
                RedirectUri = redirectUri,
                Scopes = client.Grantable(One(parameters, "scope"))!,
                State = state,
                CodeChallenge = One(parameters, "code_challenge")!,
                Nonce = One(parameters, "nonce"),
                MayNotAsk = Prompts(parameters).Contains("none"),
                WantsSignIn = Prompts(parameters).Contains("login"),
                MaxAge = Seconds(One(parameters, "max_age")) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                LoginHint = One(parameters, "login_hint"),
            });
    }

    private static OAuthError? Check(ILookup<string, string> parameters, OAuthClient client, string issuer)
    {
        if (parameters.FirstOrDefault(pair => pair.Key != "resource" && pair.Count() > 1) is not null)
        {
            return OAuthError.InvalidRequest("A parameter is there more than once.");
        }

        string? Said(string name) => One(parameters, name);
        return parameters switch
        {
            _ when parameters.Any(pair => pair.Any(value => value.Length > MaxTextLength)) => OAuthError.InvalidRequest("A parameter is too long."),
            _ when Said("nonce")?.Any(char.IsControl) == true => OAuthError.InvalidRequest("nonce holds a control character."),
            _ when Said("request") is not null => new("request_not_supported", "Request objects are not taken here."),
            _ when Said("request_uri") is not null => new("request_uri_not_supported", "Request objects are not taken here."),
            _ when Said("response_type") is null => OAuthError.InvalidRequest("response_type is missing."),
            _ when Said("response_type") != "code" => new("unsupported_response_type", "response_type must be code."),
            _ when Said("response_mode") is not (null or "query") => OAuthError.InvalidRequest("response_mode must be query."),
            _ when Said("code_challenge_method") != Pkce.Method => OAuthError.InvalidRequest("code_challenge_method must be S256 (RFC 7636)."),
            _ when !Pkce.IsChallenge(Said("code_challenge")) => OAuthError.InvalidRequest("code_challenge must be 43 characters of base64url (RFC 7636)."),
            _ when client.Grantable(Said("scope")) is null => OAuthError.InvalidScope,
            _ when Prompts(parameters) is { Count: > 0 } prompts && (prompts.Except(s_prompts).Any() || (prompts.Contains("none") && prompts.Count > 1)) =>
                OAuthError.InvalidRequest("prompt must be none, or some of login, consent and select_account."),
            _ when Said("max_age") is { } age && Seconds(age) is null => OAuthError.InvalidRequest("max_age must be a number of seconds."),
            _ when parameters["resource"].Any(resource => resource.TrimEnd('/') != issuer) => new("invalid_target", "resource may only name this server."),
            _ => null,
        };
    }

    /// <summary>An empty parameter is none (RFC 6749, section 3.1).</summary>
    private static string? One(ILookup<string, string> parameters, string name) => parameters[name].ToList() is [{ Length: > 0 } value] ? value : null;

    private static HashSet<string> Prompts(ILookup<string, string> parameters) => [.. (One(parameters, "prompt") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private static int? Seconds(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}
