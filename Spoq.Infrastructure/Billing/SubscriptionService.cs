using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Billing;

/// <summary>What an account has paid for, and when.</summary>
public sealed class SubscriptionService(IDbContextFactory<SpoqDbContext> contexts)
{
    /// <summary>The one in force, else the last there was; null: never any.</summary>
    public async Task<Subscription?> FindAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Subscription>().AsNoTracking().Where(subscription => subscription.AccountId == accountId)
            .OrderBy(subscription => subscription.TerminatedAt != null).ThenByDescending(subscription => subscription.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Every payment that arrived, newest first.</summary>
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
