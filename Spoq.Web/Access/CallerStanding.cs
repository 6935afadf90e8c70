using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary>Who shows a token at an endpoint that is open to all, where nobody is asked for one.</summary>
internal static class ShownToken
{
    /// <summary>Null: none was shown, or it is not good.</summary>
    public static async Task<ClaimsPrincipal?> FindAsync(HttpContext http) => (await http.AuthenticateAsync(BearerHandler.SchemeName)).Principal;
}

/// <summary>Whether somebody who was let in a while ago would be let in now: streams and hubs outlive the request that opened them.</summary>
internal sealed class CallerStanding(GrantStanding grants, IServiceScopeFactory scopes)
{
    public async Task<bool> StillStandsAsync(ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        if (user.FindAccountId() is not { } accountId)
        {
            return false;
        }

        if (user.Credential() == CredentialKind.Token)
        {
            return user.GrantId() is { } grantId && (await grants.OfAsync(grantId, accountId, cancellationToken)).Standing == Standing.Good;
        }

        // A scope of its own: the one of the request remembers the account as it was.
        await using var scope = scopes.CreateAsyncScope();
        return user.Credential() == CredentialKind.Cookie
            && await scope.ServiceProvider.GetRequiredService<SessionCheck>().FindAsync(user, null, cancellationToken) is not null;
    }
}
