using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Web.Shell;

namespace Spoq.Web.Access;

/// <summary>Lets programs in by <c>Authorization: Bearer</c> (RFC 6750): an access token of ours, or an API key.</summary>
internal sealed class BearerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, AccessTokens tokens, ApiKeyService keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = BearerToken.Scheme;

    private const string KeyPrefix = "spoq_";

    private Refusal? _refusal;

    /// <summary>What the request shows as a bearer, if it shows anything. In the query only for hubs: a browser's WebSocket has no headers.</summary>
    public static string? TokenOf(HttpRequest request) => BearerToken.Of(request) ?? QueryTokenOf(request);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        if (token.StartsWith(KeyPrefix, StringComparison.Ordinal))
        {
            return await keys.AuthenticateAsync(token, Context.Connection.RemoteIpAddress, Context.RequestAborted) is { } holder
                ? Admit(CallerIdentity.OfApiKey(holder.AccountId, holder.KeyId, holder.Scopes), null)
                : Refuse(AccessRefusals.TokenInvalid);
        }

        var answer = await tokens.AuthenticateAsync(token, Context.RequestAborted);
        if (!answer.Try(out var caller, out var refusal))
        {
            return Refuse(refusal);
        }

        return Admit(CallerIdentity.Of(caller), caller.ExpiresAt);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await HandleAuthenticateOnceSafeAsync();
        var refusal = _refusal ?? AccessRefusals.TokenMissing;

        // RFC 6750, section 3.1: without a token there is no error to name.
        Response.Headers.WWWAuthenticate = _refusal is null ? SchemeName : $"{SchemeName} error=\"invalid_token\", error_description=\"{refusal.Message}\"";
        await refusal.ToProblem().ExecuteAsync(Context);
    }

    private static string? QueryTokenOf(HttpRequest request) =>
        request.Headers.Authorization.ToString().Length == 0 && request.Path.StartsWithSegments("/hubs") && request.Query["access_token"] is [{ Length: > 0 } token] ? token : null;

    private AuthenticateResult Refuse(Refusal refusal)
    {
        _refusal = refusal;
        return AuthenticateResult.Fail(refusal.Code);
    }

    private static AuthenticateResult Admit(ClaimsIdentity identity, DateTimeOffset? expiresAt) =>
        AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = expiresAt }, SchemeName));
}
