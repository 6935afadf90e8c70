using System.Security.Claims;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Access;

/// <summary>What the rest of the code may know about who calls and how.</summary>
internal static class CallerIdentity
{
    public const string Auth = "auth";
    public const string ClientId = "client_id";
    public const string Scope = "scope";
    public const string Grant = "sid";
    public const string KeyId = "api_key";

    private const string Unconfirmed = "unconfirmed";
    private const string Token = "token";
    private const string ApiKey = "api_key";

    public static ClaimsIdentity Of(TokenCaller caller)
    {
        var identity = New(caller.AccountId, Token, caller.Scopes);
        identity.AddClaim(new Claim(ClientId, caller.ClientId));
        identity.AddClaim(new Claim(Grant, caller.GrantId.ToString()));
        if (!caller.IsConfirmed)
        {
            identity.AddClaim(new Claim(Unconfirmed, "true"));
        }

        if (caller.IsAdmin)
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, User.AdminRole));
        }

        return identity;
    }

    /// <summary>A key belongs to a confirmed account and holds exactly its scopes.</summary>
    public static ClaimsIdentity OfApiKey(Guid accountId, Guid keyId, IEnumerable<string> scopes)
    {
        var identity = New(accountId, ApiKey, ScopeSet.Of(scopes));
        identity.AddClaim(new Claim(KeyId, keyId.ToString()));
        return identity;
    }

    /// <summary>A cookie's identity is Identity's own and says nothing of how.</summary>
    public static CredentialKind Credential(this ClaimsPrincipal user) => user.FindFirstValue(Auth) switch
    {
        Token => CredentialKind.Token,
        ApiKey => CredentialKind.ApiKey,
        _ => CredentialKind.Cookie,
    };

    public static CallerFacts Facts(this ClaimsPrincipal user) => new(user.Credential(), ScopeSet.Parse(user.FindFirstValue(Scope)))
    {
        IsConfirmed = !user.HasClaim(Unconfirmed, "true"),
        IsAdmin = user.IsInRole(User.AdminRole),
    };

    /// <summary>The grant whose token was shown; null with a cookie or a key.</summary>
    public static Guid? GrantId(this ClaimsPrincipal user) =>
        user.Credential() == CredentialKind.Token && Guid.TryParse(user.FindFirstValue(Grant), out var grantId) ? grantId : null;

    /// <summary>The API key that was shown, if one was.</summary>
    public static Guid? ApiKeyId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(KeyId), out var keyId) ? keyId : null;

    private static ClaimsIdentity New(Guid accountId, string auth, ScopeSet scopes) => new(
        [new Claim(ClaimTypes.NameIdentifier, accountId.ToString()), new Claim(Auth, auth), new Claim(Scope, scopes.ToString())],
        BearerHandler.SchemeName);
}
