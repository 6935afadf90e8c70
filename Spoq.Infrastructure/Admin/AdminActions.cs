using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Admin;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Sweep;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Admin;

/// <summary>Who acts, and from where.</summary>
public sealed record Administrator(Guid AccountId, Caller Caller);

/// <summary>
/// What our own people may do to an instance. Each asks for the role anew, is written into the audit log and told in the
/// instance's story, in the transaction that does it.
/// </summary>
public sealed class AdminActions(IDbContextFactory<SpoqDbContext> contexts, SubscriptionLadder ladder, OrphanEnds ends, AuditLog audit, TimeProvider clock)
{
    public Task<Refusal?> RetryAsync(Administrator by, Guid instanceId, CancellationToken cancellationToken) =>
        ActAsync(by, instanceId, (instance, now) => instance.Retry(now), "retry", "Our support tries again.", cancellationToken);

    public Task<Refusal?> CancelAndRefundAsync(Administrator by, Guid instanceId, CancellationToken cancellationToken) =>
        ActAsync(by, instanceId, (instance, now) => instance.RequestCancel(now), "cancel_and_refund", "Our support cancelled. Everything made so far is removed and your payment goes back to you.", cancellationToken);

    public Task<Refusal?> ForceStopAsync(Administrator by, Guid instanceId, CancellationToken cancellationToken) =>
        ActAsync(by, instanceId, (instance, now) => instance.ForceStop(now), "force_stop", "Our support stopped it. Your data is kept.", cancellationToken);

    /// <summary>At once, without grace: computer, data and address go, and nothing is collected any more.</summary>
    public Task<Refusal?> TerminateAsync(Administrator by, Guid instanceId, CancellationToken cancellationToken) =>
        ActAsync(by, instanceId, (instance, now) => instance.RequestDelete(now), "terminate", "Our support ended it. The computer and its data are being removed.", cancellationToken);

    public async Task<Refusal?> HoldAsync(Administrator by, Guid instanceId, string? reason, CancellationToken cancellationToken)
    {
        if (reason?.Trim() is not { Length: > 0 and <= 500 } words)
        {
            return AdminRefusals.NoReason;
        }

        return await WhyNotAsync(by, cancellationToken) ?? await ladder.HoldAsync(instanceId, words, by.AccountId, by.Caller, cancellationToken);
    }

    public async Task<Refusal?> ReleaseAsync(Administrator by, Guid instanceId, CancellationToken cancellationToken) =>
        await WhyNotAsync(by, cancellationToken) ?? await ladder.ReleaseAsync(instanceId, by.AccountId, by.Caller, cancellationToken);

    /// <summary>Ends a server that belongs to nobody. Only a person decides that.</summary>
    public async Task<Refusal?> EndOrphanAsync(Administrator by, Guid orphanId, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(by, cancellationToken) is { } no)
        {
            return no;
        }

        try
        {
            return await ends.EndAsync(orphanId, "An administrator ended it.", (db, orphan) =>
            {
                audit.Add(db, new AuditEntry(by.AccountId, "admin.orphan_ended", $"{orphan.Provider} {orphan.Reference} ({orphan.Mark})", by.Caller.Address, by.Caller.UserAgent));
                return Task.CompletedTask;
            }, cancellationToken) switch
            {
                OrphanEnd.Ended => null,
                OrphanEnd.StillEnding => AdminRefusals.StillEnding,
                _ => AdminRefusals.NoOrphan,
            };
        }
        catch (ProviderException away)
        {
            return AdminRefusals.ProviderSaid(away.Message);
        }
    }

    private async Task<Refusal?> ActAsync(
        Administrator by, Guid instanceId, Func<Instance, DateTimeOffset, Refusal?> act, string action, string words, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(by, cancellationToken) is { } no)
        {
            return no;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        if (await db.LockInstanceAsync(instanceId, cancellationToken) is not { } instance)
        {
            return InstanceRefusals.NotFound;
        }

        if (act(instance, now) is { } refusal)
        {
            return refusal;
        }

        if (instance.State == InstanceState.Deleting)
        {
            await db.CloseSubscriptionAsync(instanceId, now, cancellationToken);
        }

        db.Tell(instance, now, $"admin_{action}", words);
        audit.Add(db, new AuditEntry(by.AccountId, $"admin.instance_{action}", $"{instance.Hostname} ({instance.Id})", by.Caller.Address, by.Caller.UserAgent));
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>A page that was opened with the role may outlive it.</summary>
    private async Task<Refusal?> WhyNotAsync(Administrator by, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.UserRoles.AnyAsync(role => role.UserId == by.AccountId && role.RoleId == UserTable.AdminRoleId, cancellationToken) ? null : AccessRefusals.AdminOnly;
    }
}
