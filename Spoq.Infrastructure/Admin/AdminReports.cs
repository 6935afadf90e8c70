using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Admin;

/// <summary>What our own people see. Reads only; who may look is asked before.</summary>
public sealed class AdminReports(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock)
{
    private const int MostLines = 200;

    public async Task<AdminOverview> OverviewAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var states = await db.Instances.GroupBy(row => row.State).Select(rows => new { rows.Key, Count = rows.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellationToken);
        var live = db.Set<Subscription>().Where(row => row.TerminatedAt == null);
        return new AdminOverview(
            states,
            await live.CountAsync(row => row.EndedAt == null, cancellationToken),
            await live.CountAsync(row => row.EndedAt != null && row.PausedAt == null, cancellationToken),
            await live.CountAsync(row => row.PausedAt != null, cancellationToken),
            await live.CountAsync(row => row.HeldAt != null, cancellationToken),
            await live.CountAsync(row => row.PaymentFailedAt != null, cancellationToken),
            await db.Set<Orphan>().CountAsync(orphan => orphan.ResolvedAt == null, cancellationToken),
            await db.Set<CheckoutIntent>().CountAsync(intent => intent.State == CheckoutState.RefundDue, cancellationToken)
                + await db.Set<SubscriptionPayment>().CountAsync(payment => payment.State == SubscriptionPaymentState.RefundDue, cancellationToken),
            await db.Instances.Where(row => row.DueAt != null && row.DueAt < now && (row.LeaseUntil == null || row.LeaseUntil < now)).MinAsync(row => row.DueAt, cancellationToken));
    }

    /// <summary>Newest first.</summary>
    /// <param name="search">Part of a hostname or of an owner's address, or an id; null: all.</param>
    /// <param name="state">Null: any.</param>
    /// <param name="before">The last one of the page before; null: from the start.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<AdminInstance>> InstancesAsync(string? search, InstanceState? state, Guid? before, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = from instance in db.Instances.AsNoTracking()
                   join user in db.Users on instance.AccountId equals user.Id
                   select new { instance, user.Email };
        if (state is { } wanted)
        {
            rows = rows.Where(row => row.instance.State == wanted);
        }

        if (search?.Trim() is { Length: > 0 } text)
        {
            var isId = Guid.TryParse(text, out var id);
            var pattern = $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
            rows = rows.Where(row => (isId && (row.instance.Id == id || row.instance.AccountId == id)) || EF.Functions.ILike(row.instance.Hostname, pattern, "\\") || EF.Functions.ILike(row.Email!, pattern, "\\"));
        }

        if (before is { } last)
        {
            rows = rows.Where(row => row.instance.Id < last);
        }

        var found = await rows.OrderByDescending(row => row.instance.Id).Take(count).ToListAsync(cancellationToken);
        return [.. found.Select(row => new AdminInstance(row.instance, row.Email ?? ""))];
    }

    /// <summary>Null: there is none.</summary>
    public async Task<AdminFile?> FindAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken) is not { } instance)
        {
            return null;
        }

        var email = await db.Users.Where(user => user.Id == instance.AccountId).Select(user => user.Email).SingleOrDefaultAsync(cancellationToken);
        var subscription = await db.Set<Subscription>().AsNoTracking().Where(row => row.InstanceId == instanceId).OrderByDescending(row => row.Id).FirstOrDefaultAsync(cancellationToken);
        var servers = await db.Set<ProviderServer>().AsNoTracking().Where(line => line.InstanceId == instanceId).OrderByDescending(line => line.Id).ToListAsync(cancellationToken);
        var payments = await db.Set<CheckoutIntent>().AsNoTracking().Where(intent => intent.InstanceId == instanceId).OrderByDescending(intent => intent.Id).ToListAsync(cancellationToken);
        var events = await db.InstanceEvents.AsNoTracking().Where(line => line.InstanceId == instanceId).OrderByDescending(line => line.Id).Take(MostLines).ToListAsync(cancellationToken);
        return new AdminFile(instance, email ?? "", subscription, servers, payments, events);
    }

    /// <summary>Those that are open, oldest first.</summary>
    public async Task<IReadOnlyList<Orphan>> OrphansAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Orphan>().AsNoTracking().Where(orphan => orphan.ResolvedAt == null).OrderBy(orphan => orphan.FirstSeenAt).Take(MostLines).ToListAsync(cancellationToken);
    }

    /// <summary>What administrators did last, newest first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> AuditAsync(int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<AuditEntry>().AsNoTracking().Where(entry => entry.Action.StartsWith("admin.")).OrderByDescending(entry => entry.Id).Take(count).ToListAsync(cancellationToken);
    }
}

/// <param name="Owing">Refunds that have not gone through yet.</param>
/// <param name="OldestDue">The oldest piece of work that nobody has taken; null: all is taken.</param>
public sealed record AdminOverview(
    IReadOnlyDictionary<InstanceState, int> States, int Active, int Cancelled, int Paused, int Held, int PaymentFailed, int Orphans, int Owing, DateTimeOffset? OldestDue);

public sealed record AdminInstance(Instance Instance, string Email);

/// <summary>All that is known of one instance.</summary>
public sealed record AdminFile(
    Instance Instance, string Email, Subscription? Subscription, IReadOnlyList<ProviderServer> Servers, IReadOnlyList<CheckoutIntent> Payments, IReadOnlyList<InstanceEvent> Events);
