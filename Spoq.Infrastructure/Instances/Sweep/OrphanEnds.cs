using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Sweep;

public enum OrphanEnd
{
    Ended,

    /// <summary>The provider is at it, or somebody else of ours is.</summary>
    StillEnding,

    /// <summary>It is somebody's by now, or over.</summary>
    NoOrphan,
}

/// <summary>
/// Ends a server that nobody should have: claimed first, then ended with no row locked, because vendors take their time, then
/// written down. While it is claimed nothing adopts it.
/// </summary>
public sealed class OrphanEnds(IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IServerProvider> providers, TimeProvider clock)
{
    /// <summary>Longer than a provider's answer may take; a node that died leaves it to the next after that.</summary>
    private static readonly TimeSpan s_claim = TimeSpan.FromMinutes(5);

    /// <param name="orphanId">Which.</param>
    /// <param name="resolution">How it ended, as a sentence.</param>
    /// <param name="write">What is written besides, in the transaction that says so.</param>
    /// <param name="cancellationToken">Stops waiting for the provider.</param>
    /// <exception cref="ProviderException">The provider says no; it may be tried again at once.</exception>
    internal async Task<OrphanEnd> EndAsync(Guid orphanId, string resolution, Func<SpoqDbContext, Orphan, Task> write, CancellationToken cancellationToken)
    {
        var (no, claim) = await ClaimAsync(orphanId, cancellationToken);
        if (claim is null)
        {
            return no;
        }

        ServerEnd? end = null;
        try
        {
            end = await claim.Value.Provider.EndAsync(claim.Value.Orphan.Reference, cancellationToken);
        }
        finally
        {
            // Whatever became of it, and whoever has hung up: the claim does not stay.
            await SettleAsync(claim.Value.Orphan, end is ServerEnd.Gone or ServerEnd.Kept ? resolution : null, write);
        }

        return end is ServerEnd.Ending ? OrphanEnd.StillEnding : OrphanEnd.Ended;
    }

    private async Task<(OrphanEnd No, (IServerProvider Provider, Orphan Orphan)? Claim)> ClaimAsync(Guid orphanId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Set<Orphan>().AsNoTracking().Where(row => row.Id == orphanId).Select(row => row.InstanceId).SingleOrDefaultAsync(cancellationToken) is { } instanceId)
        {
            // Who adopts or makes anew holds this lock when it looks for claims.
            await db.LockInstanceAsync(instanceId, cancellationToken);
        }

        var orphan = await db.Set<Orphan>().FromSql($"select * from orphans where id = {orphanId} and resolved_at is null for update").SingleOrDefaultAsync(cancellationToken);
        if (orphan is null || orphan.Kind == OrphanKind.Missing || providers.FirstOrDefault(one => one.Name == orphan.Provider) is not { } provider || await IsAnybodysAsync(db, orphan, cancellationToken))
        {
            return (OrphanEnd.NoOrphan, null);
        }

        var now = clock.GetUtcNow();
        if (orphan.EndingUntil > now)
        {
            return (OrphanEnd.StillEnding, null);
        }

        orphan.BeginEnd(now + s_claim);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (OrphanEnd.Ended, (provider, orphan));
    }

    /// <summary>The books may have caught up since it was reported: what is anybody's own is not ended here.</summary>
    private static async Task<bool> IsAnybodysAsync(SpoqDbContext db, Orphan orphan, CancellationToken cancellationToken) =>
        await db.Set<ProviderServer>().AnyAsync(line => line.Provider == orphan.Provider && line.Reference == orphan.Reference && line.RemovedAt == null, cancellationToken)
        || await db.Set<WarmServer>().AnyAsync(row => row.Provider == orphan.Provider && row.Reference == orphan.Reference && (row.State == WarmState.Spare || row.State == WarmState.Claimed), cancellationToken)
        || await db.Instances.AnyAsync(row => row.Provider == orphan.Provider && row.ServerReference == orphan.Reference && row.State != InstanceState.Deleted && row.State != InstanceState.Cancelled, cancellationToken);

    private async Task SettleAsync(Orphan claimed, string? resolution, Func<SpoqDbContext, Orphan, Task> write)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var row = await db.Set<Orphan>().FromSql($"select * from orphans where id = {claimed.Id} and resolved_at is null for update").SingleOrDefaultAsync(CancellationToken.None);
        if (row is null || row.EndingUntil != claimed.EndingUntil)
        {
            return;
        }

        row.LeaveEnd();
        if (resolution is not null)
        {
            row.Resolve(resolution, clock.GetUtcNow());
            await write(db, row);
        }

        await db.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }
}
