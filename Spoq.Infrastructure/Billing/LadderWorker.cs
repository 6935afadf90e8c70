using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

/// <summary>
/// Moves subscriptions down the ladder when their dates come, asks the payment provider what became of a renewal that
/// nobody told us of, and tells it when nothing more is to be collected.
/// </summary>
internal sealed class LadderWorker(DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, IPayments payments, SubscriptionLadder ladder, PlanCatalogue plans)
    : DueWorker(services, SubscriptionTable.Name)
{
    private static readonly TimeSpan s_providerAway = TimeSpan.FromMinutes(5);

    private readonly ILogger _logger = services.Logger;

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        var seen = await LoadAsync(claim.Id, cancellationToken);
        SubscriptionFacts? facts = null;
        bool? told = null;
        string? toldPlan = null;
        TimeSpan? away = null;
        try
        {
            if (seen.Reference is { } reference && seen.RenewalTold != seen.IsRenewed)
            {
                await payments.SetRenewalAsync(reference, seen.IsRenewed, cancellationToken);
                told = seen.IsRenewed;
            }

            if (seen.OwesPlanNews)
            {
                await payments.SetPlanAsync(ChangeOf(seen), cancellationToken);
                toldPlan = seen.Plan;
            }

            facts = seen.IsToBeAskedFor(Clock.GetUtcNow()) ? await payments.FindSubscriptionAsync(seen.Reference!, cancellationToken) : null;
        }
        catch (PaymentsException no)
        {
            // A payment provider that is away holds up no date that the customer was told.
            away = no.WaitFor ?? s_providerAway;
            _logger.LogWarning("Subscription {Id} waits for the payment provider: {Reason}", seen.Id, no.Message);
        }

        await SettleAsync(claim, seen, facts, new Told(told, toldPlan), away);
    }

    private async Task SettleAsync(Claim claim, Subscription seen, SubscriptionFacts? facts, Told told, TimeSpan? away)
    {
        // What was told to the payment provider is written down even while this node is shutting down.
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var locked = await SubscriptionLadder.LockAsync(db, seen.Id, seen.InstanceId, CancellationToken.None);
        var subscription = locked.Subscription;
        if (subscription.LeaseToken != claim.LeaseToken)
        {
            return;
        }

        if (told.Renewal is { } renewed)
        {
            subscription.RenewalWasTold(renewed);
        }

        if (told.Plan is { } plan)
        {
            subscription.PlanWasTold(plan);
        }

        if (facts is not null)
        {
            await ladder.TakeAsync(db, locked, facts, CancellationToken.None);
        }

        var moved = await ladder.MoveAsync(db, locked, CancellationToken.None);
        var now = Clock.GetUtcNow();
        subscription.Looked(null, now);
        if (!moved)
        {
            subscription.Looked(now + SubscriptionLadder.BusyWait, now);
        }
        else if (away is { } patience && (subscription.DueAt <= now || subscription.DueAt > now + patience))
        {
            subscription.Looked(now + patience, now);
        }

        if (db.ChangeTracker.Entries<InstanceEvent>().Any())
        {
            await db.AnnounceAsync(subscription.InstanceId, CancellationToken.None);
        }

        await db.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }

    private PlanChange ChangeOf(Subscription subscription) =>
        plans.Find(subscription.Plan) is { } plan && plan.Price(subscription.Interval) is { } price
            ? new PlanChange(subscription.Reference!, plan.Key, plan.Name, subscription.Interval, price, subscription.PlanChangedAt ?? subscription.StartedAt)
            : throw new PaymentsException($"The catalogue has no price for plan {subscription.Plan} by the {subscription.Interval}.");

    private async Task<Subscription> LoadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Subscription>().AsNoTracking().SingleAsync(row => row.Id == id, cancellationToken);
    }

    /// <summary>What the payment provider has heard in this visit; null: nothing.</summary>
    private sealed record Told(bool? Renewal, string? Plan);
}
