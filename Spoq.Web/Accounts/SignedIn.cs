using System.Security.Claims;

namespace Spoq.Web.Accounts;

/// <summary>Who is signed in, in our words.</summary>
public static class SignedIn
{
    /// <exception cref="InvalidOperationException">Nobody is signed in: the page or endpoint forgot to ask for it.</exception>
    public static Guid AccountId(this ClaimsPrincipal user) =>
        user.FindAccountId() ?? throw new InvalidOperationException("Nobody is signed in here.");

    public static Guid? FindAccountId(this ClaimsPrincipal user) =>
        Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var accountId) ? accountId : null;
}
