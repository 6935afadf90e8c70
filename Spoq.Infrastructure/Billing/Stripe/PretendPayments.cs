using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>A payment provider without money, for development: its checkout is a page of ours, its webhooks are real ones.</summary>
public sealed class PretendPayments : IPayments
{
    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly Outbox _outbox;
    private readonly Uri _baseUrl;
    private readonly TimeProvider _clock;

    /// <exception cref="InvalidOperationException">In Production, where money is real.</exception>
    public PretendPayments(IDbContextFactory<SpoqDbContext> contexts, Outbox outbox, IOptions<SpoqOptions> options, TimeProvider clock, IHostEnvironment environment)
    {
        if (environment.IsProduction())
        {
            throw new InvalidOperationException("The pretend checkout refuses to run in Production: set Stripe__SecretKey.");
        }

        _contexts = contexts;
        _outbox = outbox;
        _baseUrl = options.Value.BaseUrl;
        _clock = clock;
    }

    public async Task<CheckoutPage> CreateCheckoutAsync(CheckoutOrder order, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var now = _clock.GetUtcNow().ToUniversalTime();
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into pretend_checkouts (id, intent_id, account_id, email, plan_name, interval, amount, currency, success_url, cancel_url, created_at, expires_at, declined_tries)
            values ({$"cs_pretend_{RandomNumberGenerator.GetHexString(40, lowercase: true)}"}, {order.IntentId}, {order.AccountId}, {order.Email}, {order.PlanName},
                {order.Interval.ToString().ToLowerInvariant()}, {order.Price.MinorUnits}, {order.Price.Currency}, {order.SuccessUrl.ToString()}, {order.CancelUrl.ToString()},
                {now}, {order.ExpiresAt.ToUniversalTime()}, 0)
            on conflict (intent_id) do nothing
            """,
            cancellationToken);
        var id = await db.Set<PretendCheckout>().Where(session => session.IntentId == order.IntentId).Select(session => session.Id).SingleAsync(cancellationToken);
        return new CheckoutPage(id, new Uri(_baseUrl, $"/dev/checkout/{id}"));
    }

    public async Task<CheckoutFacts?> FindCheckoutAsync(string reference, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var session = await db.Set<PretendCheckout>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == reference, cancellationToken);
        return session?.Facts(_clock.GetUtcNow());
    }

    public async Task<CheckoutFacts> ExpireCheckoutAsync(string reference, CancellationToken cancellationToken)
    {
        var session = await ChangeAsync(reference, null, (session, now) => session.Expire(now) ? PretendEvents.Expired(session, now) : null, cancellationToken);
        return session?.Facts(_clock.GetUtcNow()) ?? throw new PaymentsException($"There is no pretend checkout {reference}.");
    }

    public async Task<bool> RefundAsync(string reference, Guid intentId, CancellationToken cancellationToken)
    {
        var session = await ChangeAsync(reference, null, (session, now) => session.Refund(now) ? PretendEvents.Refunded(session, now) : null, cancellationToken);
        return session?.RefundedAt is not null ? true : throw new PaymentsException($"There is no payment in the pretend checkout {reference}.");
    }

    public async Task<SubscriptionFacts?> FindSubscriptionAsync(string subscription, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var intentId = IntentOf(subscription);
        var session = await db.Set<PretendCheckout>().AsNoTracking().SingleOrDefaultAsync(row => row.IntentId == intentId, cancellationToken);
        return session?.Subscription(_clock.GetUtcNow());
    }

    public async Task SetRenewalAsync(string subscription, bool isRenewed, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var intentId = IntentOf(subscription);
        var session = await db.Set<PretendCheckout>().SingleOrDefaultAsync(row => row.IntentId == intentId, cancellationToken)
            ?? throw new PaymentsException($"There is no pretend subscription {subscription}.");
        session.SetRenewal(isRenewed, _clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
    }

    public async Task SetPlanAsync(PlanChange change, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var intentId = IntentOf(change.Subscription);
        var session = await db.Set<PretendCheckout>().FromSql($"select * from pretend_checkouts where intent_id = {intentId} for update").SingleOrDefaultAsync(cancellationToken)
            ?? throw new PaymentsException($"There is no pretend subscription {change.Subscription}.");
        session.ChangePlan(change);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>A checkout that was paid the moment it was made.</summary>
    public async Task<CollectedPayment> CollectAsync(PaymentDemand demand, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var now = _clock.GetUtcNow().ToUniversalTime();
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into pretend_checkouts (id, intent_id, account_id, plan_name, interval, amount, currency, success_url, cancel_url, created_at, expires_at, declined_tries, paid_at)
            values ({$"py_pretend_{RandomNumberGenerator.GetHexString(40, lowercase: true)}"}, {demand.PaymentId}, {demand.AccountId}, {demand.PlanName},
                {demand.Interval.ToString().ToLowerInvariant()}, {demand.Price.MinorUnits}, {demand.Price.Currency}, '', '', {now}, {now}, 0, {now})
            on conflict (intent_id) do nothing
            """,
            cancellationToken);
        var session = await db.Set<PretendCheckout>().AsNoTracking().SingleAsync(row => row.IntentId == demand.PaymentId, cancellationToken);
        return new CollectedPayment(IsPaid: true, session.Id, session.SubscriptionId);
    }

    /// <summary>Null: there is none, or it is another account's.</summary>
    public async Task<PretendCheckout?> FindAsync(Guid accountId, string id, CancellationToken cancellationToken)
    {
        if (id.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
        {
            return null;
        }

        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<PretendCheckout>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == id && row.AccountId == accountId, cancellationToken);
    }

    /// <summary>Pressed any number of times: paid once, told once. Null: there is none, or it is another account's.</summary>
    public Task<PretendCheckout?> PayAsync(Guid accountId, string id, CancellationToken cancellationToken) =>
        ChangeAsync(id, accountId, (session, now) => session.Pay(now) ? PretendEvents.Completed(session, now) : null, cancellationToken);

    public Task<PretendCheckout?> DeclineAsync(Guid accountId, string id, CancellationToken cancellationToken) =>
        ChangeAsync(id, accountId, (session, now) => session.Decline(now), cancellationToken);

    public Task<PretendCheckout?> AbandonAsync(Guid accountId, string id, CancellationToken cancellationToken) =>
        ChangeAsync(id, accountId, (session, now) => session.Abandon(now), cancellationToken);

    private Task<PretendCheckout?> ChangeAsync(string id, Guid accountId, Action<PretendCheckout, DateTimeOffset> change, CancellationToken cancellationToken) =>
        ChangeAsync(
            id,
            accountId,
            (session, now) =>
            {
                change(session, now);
                return null;
            },
            cancellationToken);

    /// <summary>One change of a locked session and the event that tells of it, in one commit.</summary>
    private async Task<PretendCheckout?> ChangeAsync(string id, Guid? accountId, Func<PretendCheckout, DateTimeOffset, byte[]?> change, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var session = await db.Set<PretendCheckout>().FromSql($"select * from pretend_checkouts where id = {id} for update").SingleOrDefaultAsync(cancellationToken);
        if (session is null || (accountId is { } caller && session.AccountId != caller))
        {
            return null;
        }

        if (change(session, _clock.GetUtcNow()) is { } message)
        {
            _outbox.Add(db, PretendWebhook.Kind, message);
            await Outbox.WakeAsync(db, cancellationToken);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return session;
    }

    private static Guid IntentOf(string subscription) =>
        subscription.StartsWith(PretendCheckout.SubscriptionPrefix, StringComparison.Ordinal) && Guid.TryParseExact(subscription[PretendCheckout.SubscriptionPrefix.Length..], "n", out var id) ? id : Guid.Empty;
}
