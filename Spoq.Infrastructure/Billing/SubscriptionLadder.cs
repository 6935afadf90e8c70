using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

/// <summary>
/// How a subscription ends, step by step. The instance's row lock makes customer, administrator, payment provider and
/// clock take turns; each step is recorded with its mail and the order to the server in one transaction.
/// </summary>
public sealed class SubscriptionLadder(IDbContextFactory<SpoqDbContext> contexts, AccountPost post, AuditLog audit, TimeProvider clock)
{
    /// <summary>The server was busy with something else: it is asked again so soon.</summary>
    internal static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(20);

    /// <param name="accountId">Whose it is.</param>
    /// <param name="instanceId">Of which computer; null: of the one there is.</param>
    /// <param name="atPeriodEnd">False: grace begins now.</param>
    /// <param name="caller">For the audit log.</param>
    /// <param name="cancellationToken">Stops before the commit.</param>
    public Task<Result<Subscription>> CancelAsync(Guid accountId, Guid? instanceId, bool atPeriodEnd, Caller caller, CancellationToken cancellationToken) =>
        ChangeAsync(
            accountId,
            instanceId,
            async (db, locked, now) =>
            {
                if (locked.Instance is { ReadyAt: null, IsFinal: false })
                {
                    return BillingRefusals.NotDelivered;
                }

                if (locked.Subscription.Cancel(atPeriodEnd, now) is { } no)
                {
                    return no;
                }

                var subscription = locked.Subscription;
                db.Tell(locked.Instance, now, "subscription_cancelled", subscription.EndedAt is null
                    ? $"You cancelled. It runs until {subscription.PaidUntil:d MMMM yyyy}, and 7 days more; then it is stopped, and {Ended(locked.Instance)} 30 days later."
                    : $"You cancelled. It runs until {subscription.PausesAt:d MMMM yyyy}, then it is stopped; on {subscription.TerminatesAt:d MMMM yyyy} it is {Ended(locked.Instance)}.");
                audit.Add(db, new AuditEntry(accountId, "billing.cancelled", $"You cancelled the subscription of {locked.Instance.Hostname}.", caller.Address, caller.UserAgent));
                await post.AddAsync(
                    db,
                    accountId,
                    (to, links) => subscription.EndedAt is null ? LadderMails.WillCancel(to, locked.Instance, subscription, links.Billing) : LadderMails.Cancelled(to, locked.Instance, subscription, links.Billing),
                    cancellationToken);
                return null;
            },
            cancellationToken);

    /// <summary>By an administrator: nothing moves until it is released.</summary>
    public Task<Refusal?> HoldAsync(Guid instanceId, string reason, Guid administratorId, Caller caller, CancellationToken cancellationToken) =>
        AdministerAsync(instanceId, (subscription, now) => subscription.Hold(reason, now), "admin.subscription_held", $"held: {reason}", administratorId, caller, cancellationToken);

    public Task<Refusal?> ReleaseAsync(Guid instanceId, Guid administratorId, Caller caller, CancellationToken cancellationToken) =>
        AdministerAsync(instanceId, (subscription, now) => subscription.Release(now), "admin.subscription_released", "released", administratorId, caller, cancellationToken);

    /// <summary>What the payment provider knows of what renews it, part of the caller's transaction, with the instance locked.</summary>
    internal async Task TakeAsync(SpoqDbContext db, LockedSubscription locked, SubscriptionFacts facts, CancellationToken cancellationToken)
    {
        var (instance, subscription) = locked;
        var now = clock.GetUtcNow();
        switch (subscription.Take(facts, now))
        {
            case SubscriptionNews.PaymentFailed:
                db.Tell(instance, now, "payment_failed", "The payment for another period failed. It is tried again; your computer runs on.");
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.PaymentFailed(to, instance.Hostname, links.Billing), cancellationToken);
                break;
            case SubscriptionNews.PaymentMadeGood:
                db.Tell(instance, now, "payment_made_good", "The payment went through.");
                break;
            case SubscriptionNews.Ended:
                db.Tell(instance, now, "subscription_ended", $"The payment could not be collected, so the subscription has ended. It runs until {subscription.PausesAt:d MMMM yyyy}, then it is stopped; on {subscription.TerminatesAt:d MMMM yyyy} it is {Ended(instance)}.");
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.Cancelled(to, instance, subscription, links.Billing), cancellationToken);
                break;
        }
    }

    /// <summary>Everything that is due, part of the caller's transaction. False: the server is busy, so a step waits.</summary>
    internal async Task<bool> MoveAsync(SpoqDbContext db, LockedSubscription locked, CancellationToken cancellationToken)
    {
        var (instance, subscription) = locked;
        var now = clock.GetUtcNow();
        if (instance.IsFinal || instance.State is InstanceState.Deleting)
        {
            // Deleted by its owner or ours: nothing is left to end.
            if (subscription.TerminatedAt is null)
            {
                subscription.Close(SubscriptionEnd.Deleted, now);
            }

            return true;
        }

        for (var step = subscription.NextStep(now); step != LadderStep.None; step = subscription.NextStep(now))
        {
            var wasOn = instance.State != InstanceState.Stopped;
            if (!Obey(instance, step, now))
            {
                return false;
            }

            subscription.Record(step, wasOn, now);
            await TellAsync(db, locked, step, now, cancellationToken);
        }

        return !subscription.StartOwed || Start(db, instance, subscription, now);
    }

    private static string Ended(Instance instance) => instance.IsOwnServer ? "detached" : "deleted";

    /// <summary>Gives the order that a step means for the server; false: not now.</summary>
    private static bool Obey(Instance instance, LadderStep step, DateTimeOffset now) => step switch
    {
        LadderStep.Pause when instance.State == InstanceState.Stopped => true,
        LadderStep.Pause => instance.RequestStop(now) is null,
        LadderStep.Terminate => instance.RequestDelete(now) is null,
        _ => true,
    };

    private static bool Start(SpoqDbContext db, Instance instance, Subscription subscription, DateTimeOffset now)
    {
        var refusal = instance.State switch
        {
            InstanceState.Running or InstanceState.Starting or InstanceState.Restarting or InstanceState.Resizing => null,
            InstanceState.Failed => instance.RequestRestart(now),
            _ => instance.RequestStart(now),
        };
        if (refusal is not null)
        {
            return false;
        }

        subscription.StartWasGiven();
        db.Tell(instance, now, "start_requested", "The subscription was resumed: starting.");
        return true;
    }

    private async Task TellAsync(SpoqDbContext db, LockedSubscription locked, LadderStep step, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (instance, subscription) = locked;
        var hostname = instance.Hostname;
        switch (step)
        {
            case LadderStep.End:
                db.Tell(instance, now, "subscription_ended", $"The paid time is over. It runs until {subscription.PausesAt:d MMMM yyyy}, then it is stopped; on {subscription.TerminatesAt:d MMMM yyyy} it is {Ended(instance)}.");
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.Cancelled(to, instance, subscription, links.Billing), cancellationToken);
                break;
            case LadderStep.WarnOfPause:
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.PauseWarning(to, instance, subscription, links.Billing), cancellationToken);
                break;
            case LadderStep.Pause:
                db.Tell(instance, now, "subscription_paused", instance.IsOwnServer ? $"Grace is over: nobody gets in through Spoq. Your server runs on and is detached on {subscription.TerminatesAt:d MMMM yyyy}." : $"Grace is over: it is stopped. Its data is kept until {subscription.TerminatesAt:d MMMM yyyy}.");
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.Paused(to, instance, subscription, links.Billing), cancellationToken);
                break;
            case LadderStep.WarnOfTermination:
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.TerminationWarning(to, instance, subscription, links.Billing), cancellationToken);
                break;
            case LadderStep.Terminate:
                db.Tell(instance, now, "subscription_terminated", instance.IsOwnServer ? "The subscription is over. Your server is being detached; nothing on it is deleted." : "The subscription is over. The computer and its data are being removed.");
                audit.Add(db, new AuditEntry(subscription.AccountId, "billing.terminated", $"The subscription of {hostname} is over; the computer is being {Ended(instance)}.", null, null));
                await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.Terminated(to, instance, links.Dashboard), cancellationToken);
                break;
        }
    }

    private async Task<Refusal?> AdministerAsync(
        Guid instanceId, Func<Subscription, DateTimeOffset, Refusal?> change, string action, string detail, Guid administratorId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || await db.LockLiveSubscriptionAsync(instanceId, cancellationToken) is not { } subscription)
        {
            return BillingRefusals.NoSubscription;
        }

        if (change(subscription, clock.GetUtcNow()) is { } no)
        {
            return no;
        }

        audit.Add(db, new AuditEntry(administratorId, action, $"{instance.Hostname}: {detail}", caller.Address, caller.UserAgent));
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.WakeLadderAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private async Task<Result<Subscription>> ChangeAsync(
        Guid accountId, Guid? instanceId, Func<SpoqDbContext, LockedSubscription, DateTimeOffset, Task<Refusal?>> change, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await LockAsync(db, accountId, instanceId, cancellationToken)).Try(out var locked, out var refusal))
        {
            return refusal;
        }

        if (await change(db, locked, clock.GetUtcNow()) is { } no)
        {
            return no;
        }

        await db.AnnounceAsync(locked.Instance.Id, cancellationToken);
        await db.WakeLadderAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return locked.Subscription;
    }

    /// <summary>The account's subscription with its instance, locked in the one order that everybody keeps.</summary>
    internal static async Task<Result<LockedSubscription>> LockAsync(SpoqDbContext db, Guid accountId, Guid? instanceId, CancellationToken cancellationToken)
    {
        var found = await db.Set<Subscription>().AsNoTracking()
            .Where(row => row.AccountId == accountId && (instanceId == null || row.InstanceId == instanceId))
            .OrderBy(row => row.TerminatedAt != null).ThenByDescending(row => row.Id)
            .Select(row => new { row.Id, row.InstanceId }).FirstOrDefaultAsync(cancellationToken);
        return found is null ? BillingRefusals.NoSubscription : await LockAsync(db, found.Id, found.InstanceId, cancellationToken);
    }

    internal static async Task<LockedSubscription> LockAsync(SpoqDbContext db, Guid subscriptionId, Guid instanceId, CancellationToken cancellationToken)
    {
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        return new LockedSubscription(instance!, (await db.LockSubscriptionAsync(subscriptionId, cancellationToken))!);
    }
}

/// <summary>Both rows are locked, the instance first.</summary>
internal sealed record LockedSubscription(Instance Instance, Subscription Subscription);
