using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Access;

/// <summary>A program that an account let in, however often it signed in since.</summary>
/// <param name="Id">One of its grants: what <see cref="ConnectedApps.RevokeAsync"/> takes.</param>
/// <param name="Place">Where it runs; null for our own programs.</param>
public sealed record ConnectedApp(Guid Id, string Name, string ClientId, string? Place, ScopeSet Scopes, DateTimeOffset Since, DateTimeOffset? LastUsedAt);

/// <summary>The list of who was let in, as its owner sees it.</summary>
public sealed class ConnectedApps(IDbContextFactory<SpoqDbContext> contexts, Grants grants, OAuthClients clients)
{
    /// <summary>Used last first.</summary>
    public async Task<IReadOnlyList<ConnectedApp>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        var apps = new List<ConnectedApp>();
        foreach (var group in (await grants.ListAsync(accountId, cancellationToken)).GroupBy(KeyOf))
        {
            var newest = group.First();
            apps.Add(new ConnectedApp(
                newest.Id,
                await NameAsync(newest, cancellationToken),
                newest.ClientId,
                newest.Place,
                ScopeSet.Of(group.SelectMany(grant => ScopeSet.Parse(grant.Scope).InOrder())),
                group.Min(grant => grant.CreatedAt),
                group.Max(grant => grant.LastUsedAt)));
        }

        return [.. apps.OrderByDescending(app => app.LastUsedAt ?? app.Since)];
    }

    /// <summary>Ends all that the program holds at that place.</summary>
    public async Task<Refusal?> RevokeAsync(Guid accountId, Guid appId, Caller caller, CancellationToken cancellationToken)
    {
        var living = await grants.ListAsync(accountId, cancellationToken);
        if (living.SingleOrDefault(grant => grant.Id == appId) is not { } named)
        {
            return AccessRefusals.GrantMissing;
        }

        // A code on its way would open the door again; one that is being redeemed right now has its grant once it is gone from here.
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            await db.Set<AuthorizationCode>().Where(code => code.AccountId == accountId && code.ClientId == named.ClientId && code.GrantId == null).ExecuteDeleteAsync(cancellationToken);
        }

        foreach (var grant in (await grants.ListAsync(accountId, cancellationToken)).Where(grant => KeyOf(grant) == KeyOf(named)))
        {
            // What another tab ended meanwhile is as it should be.
            await grants.RevokeAsync(accountId, grant.Id, caller, cancellationToken);
        }

        return null;
    }

    /// <summary>Each of our own sign-ins stands for itself; another's program signs in again and again and is one.</summary>
    private static string KeyOf(Grant grant) => FirstPartyClients.Is(grant.ClientId) ? grant.Id.ToString() : $"{grant.ClientId} {grant.Place}";

    private async Task<string> NameAsync(Grant grant, CancellationToken cancellationToken)
    {
        var known = (await clients.FindAsync(grant.ClientId, cancellationToken))?.Name ?? grant.ClientId;
        return FirstPartyClients.Is(grant.ClientId) && grant.Name is { } name && name != known ? $"{known} · {name}" : grant.Name ?? known;
    }
}
