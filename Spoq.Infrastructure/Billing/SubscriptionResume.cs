using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

/// <summary>
/// Takes a cancellation back. Where another period must be paid the demand is written down first, so that no death in
/// between charges without restoring: what came too late goes back.
/// </summary>
public sealed class SubscriptionResume(
    IDbContextFactory<SpoqDbContext> contexts, IPayments payments, PlanCatalogue plans, AccountPost post, AuditLog audit, TimeProvider clock)
{
    /// <summary>What resuming costs now; null: nothing, or there is nothing to resume.</summary>
    public Money? PriceOf(Subscription subscription) =>
        subscription.WhyNotResume() is null && subscription.NeedsPayment(clock.GetUtcNow()) ? plans.Find(subscription.Plan)?.Price(subscription.Interval) : null;

    /// <summary>Null: it is in force again.</summary>
    public async Task<Refusal?> ResumeAsync(Guid accountId, Guid? instanceId, Caller caller, CancellationToken cancellationToken)
    {
        if (!(await BeginAsync(accountId, instanceId, caller, cancellationToken)).Try(out var begun, out var refusal))
        {
            return refusal;
        }

        if (begun.PaymentId is not { } paymentId)
        {
            return null;
        }

        try
        {
            // The browser may go away; what was asked of the payment provider is seen through.
            return await SettleAsync(paymentId, null, CancellationToken.None);
        }
        catch (PaymentsException)
        {
            return BillingRefusals.ResumeUnderWay;
        }
    }

    /// <summary>Asks the payment provider and makes its answer true here. Any number may do so at once.</summary>
    /// <param name="paymentId">The demand that was written down.</param>
    /// <param name="claim">A worker's visit: one that outlived its lease changes nothing; null: the customer's own request.</param>
    /// <param name="cancellationToken">Stops before the payment provider is asked.</param>
    internal async Task<Refusal?> SettleAsync(Guid paymentId, Claim? claim, CancellationToken cancellationToken)
    {
        var (payment, subscription) = await LoadAsync(paymentId, cancellationToken);
        CollectedPayment? collected = null;
        var isBack = false;
        switch (payment.State)
        {
            case SubscriptionPaymentState.Asked:
                var name = plans.Find(subscription.Plan)?.Name ?? subscription.Plan;
                collected = await payments.CollectAsync(
                    new PaymentDemand(payment.Id, payment.AccountId, subscription.Customer, subscription.Reference, name, subscription.Interval, payment.Price), cancellationToken);
                break;
            case SubscriptionPaymentState.RefundDue:
                isBack = await payments.RefundAsync(payment.Reference!, payment.Id, cancellationToken);
                break;
        }

        var state = await FinishAsync(payment, subscription, collected, isBack, claim);
        if (state == SubscriptionPaymentState.RefundDue && !isBack && payment.State == SubscriptionPaymentState.Asked)
        {
            return await RefundNowAsync(paymentId);
        }

        return state switch
        {
            SubscriptionPaymentState.Paid => null,
            SubscriptionPaymentState.Declined => BillingRefusals.Declined,
            SubscriptionPaymentState.Asked => BillingRefusals.ResumeUnderWay,
            _ => BillingRefusals.TooLate,
        };
    }

    private async Task<Refusal?> RefundNowAsync(Guid paymentId)
    {
        try
        {
            await SettleAsync(paymentId, null, CancellationToken.None);
        }
        catch (PaymentsException)
        {
            // The worker goes on until it has gone through.
        }

        return BillingRefusals.TooLate;
    }

    private async Task<Result<Begun>> BeginAsync(Guid accountId, Guid? instanceId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await SubscriptionLadder.LockAsync(db, accountId, instanceId, cancellationToken)).Try(out var locked, out var refusal))
        {
            return refusal;
        }

        var (instance, subscription) = locked;
        var now = clock.GetUtcNow();
        if (subscription.WhyNotResume() is { } no)
        {
            return no;
        }

        audit.Add(db, new AuditEntry(accountId, "billing.resumed", $"You resumed the subscription of {instance.Hostname}.", caller.Address, caller.UserAgent));
        SubscriptionPayment? payment = null;
        if (subscription.NeedsPayment(now))
        {
            payment = await db.Set<SubscriptionPayment>().SingleOrDefaultAsync(row => row.SubscriptionId == subscription.Id && row.State == SubscriptionPaymentState.Asked, cancellationToken);
            if (payment is null)
            {
                if (plans.Find(subscription.Plan)?.Price(subscription.Interval) is not { } price)
                {
                    return BillingRefusals.UnknownPlan;
                }

                payment = new SubscriptionPayment(Guid.CreateVersion7(), accountId, subscription.Id, price.MinorUnits, price.Currency, now);
                db.Add(payment);
            }
        }
        else
        {
            await RestoreAsync(db, locked, null, now);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Begun(payment?.Id);
    }

    private async Task<SubscriptionPaymentState> FinishAsync(SubscriptionPayment seen, Subscription of, CollectedPayment? collected, bool isBack, Claim? claim)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var locked = await SubscriptionLadder.LockAsync(db, of.Id, of.InstanceId, CancellationToken.None);
        var payment = await db.Set<SubscriptionPayment>().FromSql($"select *, xmin from subscription_payments where id = {seen.Id} for update").SingleAsync(CancellationToken.None);
        var now = clock.GetUtcNow();
        var (instance, subscription) = locked;
        if (collected is not null && payment.State == SubscriptionPaymentState.Asked)
        {
            payment.Take(collected, isWanted: subscription.WhyNotResume() is null, now);
            switch (payment.State)
            {
                case SubscriptionPaymentState.Paid:
                    await RestoreAsync(db, locked, (collected, payment.Price), now);
                    break;
                case SubscriptionPaymentState.Declined:
                    await post.AddAsync(db, payment.AccountId, (to, links) => LadderMails.Declined(to, instance.Hostname, subscription, links.Billing), CancellationToken.None);
                    break;
                case SubscriptionPaymentState.RefundDue:
                    await post.AddAsync(db, payment.AccountId, (to, links) => LadderMails.TooLate(to, instance.Hostname, payment.Price, links.Dashboard), CancellationToken.None);
                    break;
            }
        }
        else if (isBack && payment.State == SubscriptionPaymentState.RefundDue)
        {
            payment.Refunded(now);
        }

        if (claim is { } visit && payment.LeaseToken == visit.LeaseToken)
        {
            payment.Looked(null, now);
        }

        await db.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
        return payment.State;
    }

    private async Task RestoreAsync(SpoqDbContext db, LockedSubscription locked, (CollectedPayment Collected, Money Price)? paid, DateTimeOffset now)
    {
        var (instance, subscription) = locked;
        subscription.Restore(paid?.Collected, now);
        db.Tell(instance, now, "subscription_resumed", "You resumed the subscription. Nothing will be stopped or deleted.");
        await post.AddAsync(db, subscription.AccountId, (to, links) => LadderMails.Resumed(to, instance.Hostname, subscription, paid?.Price, links.Dashboard), CancellationToken.None);
        await db.AnnounceAsync(instance.Id, CancellationToken.None);
        await db.WakeLadderAsync(CancellationToken.None);
    }

    private async Task<(SubscriptionPayment Payment, Subscription Subscription)> LoadAsync(Guid paymentId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var payment = await db.Set<SubscriptionPayment>().AsNoTracking().SingleAsync(row => row.Id == paymentId, cancellationToken);
        return (payment, await db.Set<Subscription>().AsNoTracking().SingleAsync(row => row.Id == payment.SubscriptionId, cancellationToken));
    }

    /// <param name="PaymentId">What is to be collected first; null: it is in force again.</param>
    private sealed record Begun(Guid? PaymentId);
}
