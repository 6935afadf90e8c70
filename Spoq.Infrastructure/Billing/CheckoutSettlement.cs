using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

/// <summary>
/// The one place where a payment becomes an instance, or goes back. Webhooks, the sweep and the checkout itself all
/// come here with the payment provider's facts; the instance's row lock makes them take turns.
/// </summary>
public sealed class CheckoutSettlement(
    IDbContextFactory<SpoqDbContext> contexts, InstanceService instances, AddressClaims addresses, PlanCatalogue plans, AccountPost post, TimeProvider clock)
{
    internal async Task<Settlement> TakeAsync(Guid intentId, CheckoutFacts facts, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var settlement = await TakeAsync(db, intentId, facts, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return settlement;
    }

    /// <summary>
    /// Another checkout takes this one's place. The facts say whether it was paid before it could; null: nobody was ever
    /// sent to pay it. Where somebody was by now, it stays: it must be unpayable first.
    /// </summary>
    internal async Task<Settlement> ReplaceAsync(Guid intentId, CheckoutFacts? facts, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var intents = await LockAsync(db, intentId, cancellationToken);
        if (facts is null && intents.This.Reference is not null)
        {
            return Settlement.Nothing;
        }

        intents.This.Replace(clock.GetUtcNow());
        var settlement = facts is null ? Settlement.Nothing : await SettleAsync(db, intents, facts, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return settlement;
    }

    /// <summary>Ends a worker's visit. A worker that outlived its lease changes nothing.</summary>
    /// <param name="claim">The visit.</param>
    /// <param name="facts">Null: the payment provider was not asked, or did not answer.</param>
    /// <param name="waitFor">How long it asked us to wait.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task FinishVisitAsync(Claim claim, CheckoutFacts? facts, TimeSpan? waitFor, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var intents = await LockAsync(db, claim.Id, cancellationToken);
        if (intents.This.LeaseToken != claim.LeaseToken)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var settlement = facts is null ? intents.This.GiveUp(now) : await SettleAsync(db, intents, facts, cancellationToken);
        intents.This.Looked(settlement, waitFor, now);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Part of the caller's transaction, which it saves and commits.</summary>
    internal async Task<Settlement> TakeAsync(SpoqDbContext db, Guid intentId, CheckoutFacts facts, CancellationToken cancellationToken) =>
        await SettleAsync(db, await LockAsync(db, intentId, cancellationToken), facts, cancellationToken);

    private async Task<Settlement> SettleAsync(SpoqDbContext db, LockedIntents intents, CheckoutFacts facts, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var intent = intents.This;
        var no = WhyNotWanted(intents);
        if (no is null && intent.IsPaidBy(facts) && await addresses.LockInAsync(db, intents.Instance, cancellationToken) is not null)
        {
            // Bought means bought with its address: two computers can never stand under one name.
            no = "Your address went to somebody else before the payment arrived.";
        }

        var settlement = intent.Take(facts, no, now);
        switch (settlement)
        {
            case Settlement.Bought:
                await BuyAsync(db, intents, facts, now, cancellationToken);
                break;
            case Settlement.RefundOwed:
                await Notices.PublishAsync(db, DueWorker.WakeChannel(CheckoutIntentTable.Name), "", cancellationToken);
                break;
            case Settlement.Refunded:
                await UndoAsync(db, intents, now, cancellationToken);
                break;
        }

        if (settlement != Settlement.Nothing)
        {
            await db.AnnounceAsync(intent.InstanceId, cancellationToken);
        }

        return settlement;
    }

    private async Task BuyAsync(SpoqDbContext db, LockedIntents intents, CheckoutFacts facts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var intent = intents.This;
        foreach (var other in intents.Others)
        {
            other.Replace(now);
        }

        var subscription = new Subscription(Guid.CreateVersion7(), intent.AccountId, intent.InstanceId, intent.Id, intent.Plan, intent.Interval, now);
        subscription.KnownAs(facts.Subscription, facts.Customer);
        db.Add(subscription);
        await instances.BeginProvisioningAsync(db, intent.InstanceId, cancellationToken);
        var purchase = Describe(intents);
        await post.AddAsync(db, intent.AccountId, (to, links) => BillingMails.Receipt(to, purchase, links.Setup), cancellationToken);
    }

    private async Task UndoAsync(SpoqDbContext db, LockedIntents intents, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var intent = intents.This;
        var undone = await db.Set<Subscription>().SingleOrDefaultAsync(subscription => subscription.CheckoutIntentId == intent.Id, cancellationToken);
        if (undone is not null)
        {
            undone.Undo(now);
            EndUndelivered(db, intents.Instance, now);
        }

        var purchase = Describe(intents);
        var isDraft = intents.Instance.State == InstanceState.Draft;
        await post.AddAsync(db, intent.AccountId, (to, links) => BillingMails.Refund(to, purchase, intent.RefundReason, isDraft ? links.Setup : links.Dashboard), cancellationToken);
    }

    /// <summary>A payment may also be sent back at the payment provider: then nothing more is bought for it.</summary>
    private static void EndUndelivered(SpoqDbContext db, Instance instance, DateTimeOffset now)
    {
        if (instance.RequestCancel(now) is null)
        {
            db.Tell(instance, now, "cancelled_by_refund", "Your payment was sent back to you, so we stop: everything made so far is removed.");
        }
    }

    private BillingMails.Purchase Describe(LockedIntents intents)
    {
        var intent = intents.This;
        var paid = new Money(intent.PaidAmount ?? intent.Amount, intent.Currency);
        return new BillingMails.Purchase(paid, intent.PaidAt!.Value, plans.Find(intent.Plan)?.Name ?? intent.Plan, intent.Interval, intents.Instance.Hostname);
    }

    private static string? WhyNotWanted(LockedIntents intents) => intents switch
    {
        _ when intents.Others.Any(other => other.State == CheckoutState.Paid) => "This computer was paid for already; the second payment goes back to you.",
        { Instance.State: not InstanceState.Draft } => "The setup had ended before the payment arrived.",
        _ when intents.Instance.Plan != intents.This.Plan => "Another plan was chosen before the payment arrived.",
        _ => null,
    };

    private static async Task<LockedIntents> LockAsync(SpoqDbContext db, Guid intentId, CancellationToken cancellationToken)
    {
        var instanceId = await db.Set<CheckoutIntent>().Where(intent => intent.Id == intentId).Select(intent => intent.InstanceId).SingleAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken) ?? throw new InvalidOperationException($"Checkout {intentId} is for an instance that does not exist.");
        var intents = await db.LockIntentsAsync(instanceId, cancellationToken);
        return new LockedIntents(instance, intents.Single(intent => intent.Id == intentId), [.. intents.Where(intent => intent.Id != intentId)]);
    }

    private sealed record LockedIntents(Instance Instance, CheckoutIntent This, IReadOnlyList<CheckoutIntent> Others);
}

internal static class CheckoutIntentRows
{
    /// <summary>All checkouts of an instance, locked until the caller's transaction ends. Lock the instance first.</summary>
    public static Task<List<CheckoutIntent>> LockIntentsAsync(this SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken) =>
        db.Set<CheckoutIntent>().FromSql($"select *, xmin from checkout_intents where instance_id = {instanceId} order by id for update").ToListAsync(cancellationToken);
}
