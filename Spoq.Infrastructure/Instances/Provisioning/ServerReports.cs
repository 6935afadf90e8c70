using System.Text;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Releases;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>What a heartbeat tells besides.</summary>
/// <param name="Seen">Devices whose keys were let in; those that are not its owner's are passed over.</param>
/// <param name="Update">How an update of the Conductor ended.</param>
public sealed record ServerNews(IReadOnlyList<DeviceSeen> Seen, UpdateOutcome? Update);

/// <summary>What servers tell us about themselves. A wrong token and a missing instance look alike.</summary>
public sealed class ServerReports
{
    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly SecretBox _secrets;
    private readonly TimeProvider _clock;

    public ServerReports(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, TimeProvider clock)
    {
        _contexts = contexts;
        _secrets = secrets;
        _clock = clock;
    }

    /// <summary>The instance token, the same one however often it is asked for until a heartbeat shows that it arrived; null: not let in.</summary>
    public async Task<string?> PhoneHomeAsync(Guid instanceId, string token, string version, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (!ServerTokens.Matches(token, instance?.ProvisioningTokenHash)
            || await ServerLedger.OpenLineAsync(db, instance!.ServerMark, cancellationToken) is not { } line)
        {
            return null;
        }

        var answer = line.SealedInstanceToken is { } known
            ? Encoding.ASCII.GetString(_secrets.Open(known, ServerLedger.TokenPurpose))
            : ServerTokens.New();
        if (line.SealedInstanceToken is null)
        {
            line.KeepInstanceToken(_secrets.Seal(Encoding.ASCII.GetBytes(answer), ServerLedger.TokenPurpose));
        }

        instance!.PhoneHome(version, ServerTokens.Hash(answer), _clock.GetUtcNow());
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return answer;
    }

    /// <summary>A line of the instance's story; false: not let in.</summary>
    public async Task<bool> StageAsync(Guid instanceId, string token, string stage, string? log, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (!ServerTokens.Matches(token, instance?.ProvisioningTokenHash))
        {
            return false;
        }

        var line = InstallStage.Line(stage, log);
        db.Tell(instance!, _clock.GetUtcNow(), line);
        instance!.ReachStage(line.Message);
        await Notices.PublishAsync(db, InstanceNews.Channel, instanceId.ToString(), cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <param name="instanceId">Who reports.</param>
    /// <param name="token">Its proof.</param>
    /// <param name="vitals">How it fares.</param>
    /// <param name="news">What it tells once.</param>
    /// <param name="cancellationToken">Stops before the commit.</param>
    public async Task<bool> HeartbeatAsync(Guid instanceId, string token, ServerVitals vitals, ServerNews news, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        var isOther = !ServerTokens.Matches(token, instance?.InstanceTokenHash);
        if (isOther && !await ServerMoves.IsOtherAsync(db, instance, token, cancellationToken))
        {
            return false;
        }

        if (!isOther && instance!.ProvisioningTokenHash is not null)
        {
            var line = await ServerLedger.OpenLineAsync(db, instance.ServerMark, cancellationToken);
            line?.ForgetTokens();
        }

        var now = _clock.GetUtcNow();
        if (!isOther)
        {
            instance!.Heartbeat(vitals, now);
        }

        foreach (var device in news.Seen)
        {
            // A server's clock may be wrong, but nothing was seen in the future.
            var at = device.At < now ? device.At.ToUniversalTime() : now;
            await db.Devices.Where(row => row.Id == device.DeviceId && row.AccountId == instance!.AccountId && (row.LastConnectedAt == null || row.LastConnectedAt < at))
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.LastConnectedAt, at), cancellationToken);
        }

        if (!isOther && news.Update is { } outcome)
        {
            await ConductorUpdates.NoteAsync(db, instance!, outcome, now, cancellationToken);
        }

        await Notices.PublishAsync(db, InstanceNews.Channel, instanceId.ToString(), cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The server that this token proves; null: none.</summary>
    public async Task<Instance?> FindAsync(Guid instanceId, string token, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var instance = await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken);
        return ServerTokens.Matches(token, instance?.InstanceTokenHash) ? instance : null;
    }
}
