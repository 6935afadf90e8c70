using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Sweep;

/// <summary>What the sweep does about a difference: each with the row locked and looked at once more.</summary>
internal sealed class SweepRepairs(IDbContextFactory<SpoqDbContext> contexts, OrphanEnds ends, AccountPost post, TimeProvider clock, ILogger<SweepRepairs> log)
{
    /// <summary>The answer to an order of ours was lost: it is written down, and an order given up is tried again.</summary>
    public async Task AdoptAsync(ListedServer server, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.IsFinal || await IsBeingEndedAsync(db, instanceId, cancellationToken) || await ServerLedger.OpenLineAsync(db, server.Mark!.Value, cancellationToken) is not { Reference: null } line)
        {
            return;
        }

        var now = clock.GetUtcNow();
        line.Answer(server.Reference, now);
        if (instance is { State: InstanceState.Failed, Step: Step.CreateServer })
        {
            instance.Retry(now);
        }

        db.Tell(instance, now, "server_adopted", "The computer was found at the provider although its answer had been lost. Setting up goes on with it.");
        log.LogInformation("Adopted {Reference} as the server of instance {InstanceId}", server.Reference, instanceId);
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The engine looks at the closed instance once more, and ends what it finds.</summary>
    public async Task EndLeftoverAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        var now = clock.GetUtcNow();
        if (instance is { IsFinal: true } && (instance.DueAt is null || instance.DueAt > now))
        {
            instance.LookAgain(now);
            await db.AnnounceAsync(instanceId, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>False: it stays reported. The instance's own server is asked for first, by name.</summary>
    public async Task<bool> EndDoubleAsync(IServerProvider provider, ListedServer server, Guid instanceId, Guid orphanId, CancellationToken cancellationToken)
    {
        if (await OwnReferenceAsync(instanceId, cancellationToken) is not { } own || own == server.Reference || await provider.GetAsync(own, cancellationToken) is null)
        {
            return false;
        }

        return await ends.EndAsync(orphanId, "A second one that the provider had made; it was ended.", async (db, orphan) =>
        {
            log.LogWarning("Ended {Reference} at {Provider}: instance {InstanceId} has {Own}", orphan.Reference, provider.Name, orphan.InstanceId, own);
            if (await db.Instances.SingleOrDefaultAsync(row => row.Id == orphan.InstanceId, CancellationToken.None) is { } instance)
            {
                db.Tell(instance, clock.GetUtcNow(), "double_removed", "A second computer that the provider had made for the same order was removed. Yours was not touched.");
            }
        }, cancellationToken) == OrphanEnd.Ended;
    }

    private async Task<string?> OwnReferenceAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.Where(row => row.Id == instanceId).Select(row => row.ServerReference).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Its server is gone for good: another is made under the same address.</summary>
    public async Task RebuildAsync(Instance seen, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(seen.Id, cancellationToken);
        if (instance is null || instance.ServerReference != seen.ServerReference || !SweepPlan.WantsServer(instance) || await IsBeingEndedAsync(db, seen.Id, cancellationToken))
        {
            return;
        }

        var now = clock.GetUtcNow();
        (await ServerLedger.OpenLineAsync(db, instance.ServerMark, cancellationToken))?.Remove(now, paidUntil: null);
        await db.SaveChangesAsync(cancellationToken);
        instance.Rebuild(now);
        db.Tell(instance, now, "rebuild_started", "Its server does not exist at the provider any more. A new one is made under the same address; what was on the old one is lost.");
        log.LogError("The server {Reference} of instance {InstanceId} is gone; it is made anew", seen.ServerReference, seen.Id);
        await post.AddAsync(db, instance.AccountId, (to, links) => SweepMails.Rebuilding(to, instance.Hostname, links.Dashboard), cancellationToken);
        await db.AnnounceAsync(instance.Id, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>What carries its mark must not become its own while somebody is ending it.</summary>
    private async Task<bool> IsBeingEndedAsync(SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return await db.Set<Orphan>().AnyAsync(orphan => orphan.InstanceId == instanceId && orphan.ResolvedAt == null && orphan.EndingUntil > now, cancellationToken);
    }

    public async Task ReportAsync(string provider, ListedServer server, Guid? instanceId, OrphanKind kind, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var known = await db.Set<Orphan>().SingleOrDefaultAsync(orphan => orphan.Provider == provider && orphan.Reference == server.Reference && orphan.ResolvedAt == null, cancellationToken);
        if (known is null)
        {
            db.Add(new Orphan(Guid.CreateVersion7(), provider, server.Reference, kind, server.Name, instanceId, now));
            log.LogWarning("{Provider} has {Reference} ({Mark}), which does not match our rows: {Kind}", provider, server.Reference, server.Name, kind);
        }
        else
        {
            known.See(kind, now);
        }

        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>What was reported before and is not seen any more is over.</summary>
    public async Task ResolveOthersAsync(string provider, HashSet<string> seen, DateTimeOffset started, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var orphan in await db.Set<Orphan>().Where(orphan => orphan.Provider == provider && orphan.ResolvedAt == null && orphan.LastSeenAt <= started).ToListAsync(cancellationToken))
        {
            if (!seen.Contains(orphan.Reference))
            {
                orphan.Resolve("It matches our rows again, or is gone.", clock.GetUtcNow());
            }
        }

        await db.SaveChangesAsync(cancellationToken);
    }
}
