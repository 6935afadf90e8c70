using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Billing;

/// <summary>What an account has paid for, and when.</summary>
public sealed class SubscriptionService(IDbContextFactory<SpoqDbContext> contexts)
{
    /// <summary>The one in force, else the last there was; null: never any.</summary>
    public async Task<Subscription?> FindAsync(Guid accountId, Guid? instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Subscription>().AsNoTracking()
            .Where(subscription => subscription.AccountId == accountId && (instanceId == null || subscription.InstanceId == instanceId))
            .OrderBy(subscription => subscription.TerminatedAt != null).ThenByDescending(subscription => subscription.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Those that are not over for good, oldest first.</summary>
    public async Task<IReadOnlyList<SubscriptionView>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await (
            from subscription in db.Set<Subscription>().AsNoTracking()
            join instance in db.Instances.AsNoTracking() on subscription.InstanceId equals instance.Id
            where subscription.AccountId == accountId && subscription.TerminatedAt == null
            orderby subscription.Id
            select new { subscription, instance.Hostname, instance.State, instance.ReadyAt, instance.Provider }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new SubscriptionView(row.subscription, row.Hostname, row.State, row.ReadyAt is not null, row.Provider == OwnServer.Provider))];
    }

    /// <summary>Periods that were paid by resuming, newest first.</summary>
    public async Task<IReadOnlyList<SubscriptionPayment>> ResumedAsync(Guid accountId, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<SubscriptionPayment>().AsNoTracking().Where(payment => payment.AccountId == accountId && payment.PaidAt != null)
            .OrderByDescending(payment => payment.Id).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Every payment at a checkout that arrived, newest first.</summary>
    public async Task<IReadOnlyList<CheckoutIntent>> PaymentsAsync(Guid accountId, Guid? before, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var paid = db.Set<CheckoutIntent>().AsNoTracking().Where(intent => intent.AccountId == accountId && intent.PaidAt != null);
        if (before is { } last)
        {
            paid = paid.Where(intent => intent.Id < last);
        }

        return await paid.OrderByDescending(intent => intent.Id).Take(count).ToListAsync(cancellationToken);
    }
}

/// <param name="IsDelivered">Its computer was ready once.</param>
/// <param name="IsOwnServer">The customer brought the machine: nothing on it is deleted.</param>
public sealed record SubscriptionView(Subscription Subscription, string Hostname, InstanceState State, bool IsDelivered, bool IsOwnServer);
