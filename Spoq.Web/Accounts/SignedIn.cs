using System.Security.Claims;

namespace Spoq.Web.Accounts;

/// <summary>Who is signed in, in our words.</summary>
public static class SignedIn
{
    /// <summary>The claim that names the browser's session, or the grant of a token.</summary>
    internal const string SessionClaim = "sid";

    /// <summary>How the caller came: <c>cookie</c>, <c>token</c> or <c>api_key</c>.</summary>
    internal const string ByClaim = "auth";

    internal const string ByCookie = "cookie";

    /// <exception cref="InvalidOperationException">Nobody is signed in: the page or endpoint forgot to ask for it.</exception>
    public static Guid AccountId(this ClaimsPrincipal user) =>
        user.FindAccountId() ?? throw new InvalidOperationException("Nobody is signed in here.");

    public static Guid? FindAccountId(this ClaimsPrincipal user) =>
        Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var accountId) ? accountId : null;

    /// <summary>The browser's session; null for callers that are no browser.</summary>
    public static Guid? SessionId(this ClaimsPrincipal user) =>
        user.HasClaim(ByClaim, ByCookie) && Guid.TryParse(user.FindFirstValue(SessionClaim), out var sessionId) ? sessionId : null;
}
