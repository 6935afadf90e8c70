using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances;

/// <summary>What an owner sees of their instances and may ask of them. Another account's instance looks like a missing one.</summary>
public sealed class InstanceService(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock)
{
    private const string StartRequested = "start_requested";
    private const string RestartRequested = "restart_requested";

    public async Task<IReadOnlyList<Instance>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AsNoTracking()
            .Where(instance => instance.AccountId == accountId)
            .OrderBy(instance => instance.Id)
            .ToListAsync(cancellationToken);
    }

    public async Task<Instance?> FindAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AsNoTracking()
            .SingleOrDefaultAsync(instance => instance.Id == instanceId && instance.AccountId == accountId, cancellationToken);
    }

    /// <summary>The story after this line (0: from the beginning), oldest first; empty for a foreign or missing instance.</summary>
    public async Task<IReadOnlyList<InstanceEvent>> EventsAsync(Guid accountId, Guid instanceId, long afterId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.InstanceEvents.AsNoTracking()
            .Where(line => line.InstanceId == instanceId && line.Id > afterId)
            .Where(line => db.Instances.Any(instance => instance.Id == instanceId && instance.AccountId == accountId))
            .OrderBy(line => line.Id)
            .ToListAsync(cancellationToken);
    }

    /// <summary>One page of the story, oldest first. Who may read it was asked before.</summary>
    public async Task<IReadOnlyList<InstanceEvent>> StoryAsync(Guid instanceId, long afterId, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.InstanceEvents.AsNoTracking().Where(line => line.InstanceId == instanceId && line.Id > afterId)
            .OrderBy(line => line.Id).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>The newest lines over all instances of the account, newest first.</summary>
    public async Task<IReadOnlyList<InstanceEvent>> AccountEventsAsync(Guid accountId, int limit, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.InstanceEvents.AsNoTracking()
            .Where(line => db.Instances.Any(instance => instance.Id == line.InstanceId && instance.AccountId == accountId))
            .OrderByDescending(line => line.Id)
            .Take(limit)
            .ToListAsync(cancellationToken);
    }

    public Task<Refusal?> StartAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(accountId, instanceId, (instance, now) => instance.RequestStart(now), StartRequested, "You asked for a start.", cancellationToken);

    public Task<Refusal?> StopAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(accountId, instanceId, (instance, now) => instance.RequestStop(now), "stop_requested", "You asked for a stop. Your data is kept.", cancellationToken);

    public Task<Refusal?> RestartAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(accountId, instanceId, (instance, now) => instance.RequestRestart(now), RestartRequested, "You asked for a restart.", cancellationToken);

    public Task<Refusal?> RetryAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(accountId, instanceId, (instance, now) => instance.Retry(now), "retry_requested", "You asked to try again.", cancellationToken);

    public Task<Refusal?> CancelAndRefundAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(accountId, instanceId, (instance, now) => instance.RequestCancel(now), "cancel_requested", "You cancelled. Everything made so far is removed and your payment goes back to you.", cancellationToken);

    public Task<Refusal?> DeleteAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(accountId, instanceId, (instance, now) => instance.RequestDelete(now), "delete_requested", "You asked for deletion. The computer and its data are being removed.", cancellationToken);

    /// <summary>The end of a server that its owner brought: we let go of it, and nothing on it is deleted.</summary>
    public Task<Refusal?> DetachAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken) =>
        AskAsync(
            accountId, instanceId, (instance, now) => instance.IsOwnServer ? instance.RequestDelete(now) : OwnServerRefusals.NotOwnServer,
            "detach_requested", "You asked to detach your server. Its address and its keys go; nothing on it is deleted.", cancellationToken);

    /// <summary>Part of the payment's transaction, which the caller saves and commits; a second payment notice changes nothing.</summary>
    internal async Task BeginProvisioningAsync(SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken)
    {
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken)
            ?? throw new InvalidOperationException($"A payment names instance {instanceId}, which does not exist.");
        var now = clock.GetUtcNow();
        if (instance.Begin(now) is null)
        {
            db.Tell(instance, now, "paid", "Payment received. Setting up your computer begins.");
            await db.AnnounceAsync(instanceId, cancellationToken);
        }
    }

    private async Task<Refusal?> AskAsync(
        Guid accountId, Guid instanceId, Func<Instance, DateTimeOffset, Refusal?> ask, string kind, string message, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.AccountId != accountId)
        {
            return InstanceRefusals.NotFound;
        }

        // A computer whose subscription is paused starts by resuming, so that no road leads around it.
        if (kind is StartRequested or RestartRequested && await db.IsPausedAsync(instanceId, cancellationToken))
        {
            return InstanceRefusals.Paused;
        }

        var now = clock.GetUtcNow();
        if (ask(instance, now) is { } refusal)
        {
            return refusal;
        }

        if (instance.State == InstanceState.Deleting)
        {
            await db.CloseSubscriptionAsync(instanceId, now, cancellationToken);
        }

        db.Tell(instance, now, kind, message);
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }
}
