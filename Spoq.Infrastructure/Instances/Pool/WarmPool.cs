using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Pool;

/// <summary>Spares for new instances: claimed by row lock before the provider is asked, so that two never get one.</summary>
public sealed class WarmPool(IDbContextFactory<SpoqDbContext> contexts, PlanCatalogue plans, PoolOptions options, IEnumerable<IServerProvider> providers, TimeProvider clock)
{
    /// <summary>A rental outlives its instance: part of the caller's transaction.</summary>
    internal async Task KeepAsync(SpoqDbContext db, Instance instance, string plan, string reference, DateTimeOffset? paidUntil, CancellationToken cancellationToken)
    {
        if (Reusable(instance.Provider) is null)
        {
            return;
        }

        // One that was being handed over when its instance came to its end is in our books already.
        var spare = await db.Set<WarmServer>().SingleOrDefaultAsync(
            row => row.Provider == instance.Provider && row.Reference == reference && (row.State == WarmState.Spare || row.State == WarmState.Claimed), cancellationToken);
        if (spare is { State: WarmState.Claimed } && spare.ClaimedBy == instance.Id)
        {
            spare.GiveBack();
        }
        else if (spare is null)
        {
            spare = new WarmServer(Guid.CreateVersion7(), instance.Provider, instance.Region, plan, clock.GetUtcNow());
            db.Add(spare);
        }
        else
        {
            return;
        }

        spare.Keep(reference, paidUntil);
    }

    /// <summary>Whether a setting asks for one more like the instance's, of this plan's size, than there are.</summary>
    internal async Task<bool> WantsAsync(Instance instance, string plan, CancellationToken cancellationToken)
    {
        var wanted = options.Wishes.Where(wish => wish.Region == instance.Region && wish.Plan == plan).Sum(wish => wish.Count);
        if (wanted == 0 || Reusable(instance.Provider) is not { } provider)
        {
            return false;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await CountAsync(db, provider, instance.Region, plan, clock.GetUtcNow(), cancellationToken) < wanted;
    }

    /// <summary>Those that can still be handed out, or are on their way.</summary>
    internal static Task<int> CountAsync(SpoqDbContext db, IReusableServers provider, string region, string plan, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (name, renewsAgain, least) = (provider.Name, provider.RenewsAgain, now + WarmServer.LeastLeft);
        return db.Set<WarmServer>().CountAsync(
            row => row.Provider == name && row.Region == region && row.Plan == plan && (row.State == WarmState.Ordered || row.State == WarmState.Spare)
                && (row.PaidUntil == null || (renewsAgain && row.PaidUntil >= least)), cancellationToken);
    }

    /// <summary>Whether it may be handed on at all, or is only watched until it runs out.</summary>
    public bool ServesAgain(WarmServer spare) => spare.PaidUntil is null || Reusable(spare.Provider) is { RenewsAgain: true };

    /// <summary>What this instance has claimed, now or before a node died; null: there is none to be had.</summary>
    /// <param name="instance">Whose order it is.</param>
    /// <param name="mayClaim">False: its order may be at the provider already, so only what is claimed counts.</param>
    /// <param name="cancellationToken">Stops before the commit.</param>
    internal async Task<WarmServer?> ClaimAsync(Instance instance, bool mayClaim, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var claimed = await db.Set<WarmServer>().AsNoTracking().SingleOrDefaultAsync(row => row.ClaimedBy == instance.Id && row.State == WarmState.Claimed, cancellationToken);
        if (claimed is not null || !mayClaim || plans.Find(instance.NextPlan ?? instance.Plan)?.Size is not { } size)
        {
            return claimed;
        }

        var renewsAgain = Reusable(instance.Provider) is { RenewsAgain: true };

        // The one that runs out last serves longest; another node's candidate is passed over, not waited for.
        var fitting = plans.Plans.Where(plan => plan.Size == size).Select(plan => plan.Key).ToArray();
        var least = (clock.GetUtcNow() + WarmServer.LeastLeft).ToUniversalTime();
        var spare = await db.Set<WarmServer>().FromSql(
            $"""
            select * from warm_servers
            where state = 'spare' and wiped_at is not null and provider = {instance.Provider} and region = {instance.Region} and plan = any({fitting}) and (paid_until is null or ({renewsAgain} and paid_until >= {least}))
            order by paid_until desc nulls first limit 1 for update skip locked
            """).SingleOrDefaultAsync(cancellationToken);
        if (spare is null || await db.LockInstanceAsync(instance.Id, cancellationToken) is not { } row || row.LeaseToken != instance.LeaseToken)
        {
            return null;
        }

        spare.Claim(instance.Id, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return spare;
    }

    /// <summary>It is the instance's own now; written down also when the instance has moved on.</summary>
    internal Task TakenAsync(WarmServer spare) => EndAsync(spare, (row, now) => row.Taken(now));

    /// <summary>It cannot be taken over: another is looked for, or bought.</summary>
    internal Task BrokenAsync(WarmServer spare) => EndAsync(spare, (row, now) => row.Gone(now));

    public async Task<PoolReport> ReportAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var since = clock.GetUtcNow().AddDays(-30);
        var open = await db.Set<WarmServer>().AsNoTracking().Where(row => row.State != WarmState.Taken && row.State != WarmState.Gone).OrderBy(row => row.PaidUntil).Take(200).ToListAsync(cancellationToken);
        var taken = await db.Set<WarmServer>().CountAsync(row => row.State == WarmState.Taken && row.EndedAt > since, cancellationToken);
        var wasted = await db.Set<WarmServer>().CountAsync(row => row.State == WarmState.Gone && row.EndedAt > since, cancellationToken);
        var orders = await db.Set<ProviderServer>().CountAsync(line => line.OrderedAt > since, cancellationToken);
        return new PoolReport(open, taken, wasted, orders);
    }

    private IReusableServers? Reusable(string provider) => providers.OfType<IReusableServers>().FirstOrDefault(one => one.Name == provider);

    private async Task EndAsync(WarmServer spare, Action<WarmServer, DateTimeOffset> end)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        if (await db.Set<WarmServer>().SingleOrDefaultAsync(row => row.Id == spare.Id && row.State == WarmState.Claimed && row.ClaimedBy == spare.ClaimedBy, CancellationToken.None) is { } row)
        {
            end(row, clock.GetUtcNow());
            await db.SaveChangesAsync(CancellationToken.None);
        }
    }
}

/// <param name="Taken">Orders of the last 30 days that a spare served.</param>
/// <param name="Wasted">Spares of the last 30 days that nobody took.</param>
/// <param name="Orders">All orders of the last 30 days.</param>
public sealed record PoolReport(IReadOnlyList<WarmServer> Open, int Taken, int Wasted, int Orders);
