using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Byo;

/// <summary>The command of a customer's own server: shown, made anew, and answered when it is run.</summary>
public sealed class OwnServers
{
    private const string Purpose = "own_servers.command";

    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly SecretBox _secrets;
    private readonly TimeProvider _clock;
    private readonly bool _takesLoopback;

    public OwnServers(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, TimeProvider clock, IHostEnvironment environment) =>
        (_contexts, _secrets, _clock, _takesLoopback) = (contexts, secrets, clock, !environment.IsProduction());

    /// <summary>Null: this account has no such computer, or it is no server of its own, or its command is not made yet.</summary>
    public async Task<OwnServerView?> FindAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Set<OwnServer>().AsNoTracking()
            .SingleOrDefaultAsync(row => row.Id == instanceId && db.Instances.Any(instance => instance.Id == instanceId && instance.AccountId == accountId), cancellationToken);
        return row is null ? null : new OwnServerView(
            row.SealedCommand is { } sealedToken && _clock.GetUtcNow() < row.CommandExpiresAt ? Encoding.ASCII.GetString(_secrets.Open(sealedToken, Purpose)) : null,
            row.CommandExpiresAt, row.Address, row.System, row.ConnectedAt, row.DetachedAt);
    }

    /// <summary>Another command; the one before counts no more, and a setup that had given up goes on waiting.</summary>
    public async Task<Refusal?> RenewAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.AccountId != accountId)
        {
            return InstanceRefusals.NotFound;
        }

        if (await LockAsync(db, instanceId, cancellationToken) is not { } row)
        {
            return instance.IsOwnServer ? OwnServerRefusals.NoCommandYet : OwnServerRefusals.NotOwnServer;
        }

        var now = _clock.GetUtcNow();
        if (instance.State is InstanceState.Cancelling or InstanceState.Deleting || instance.IsFinal)
        {
            return InstanceRefusals.Gone;
        }

        if (Issue(row, _secrets, now) is { } refusal)
        {
            return refusal;
        }

        instance.Retry(now);
        db.Tell(instance, now, "command_made", "You asked for a new command. The one before counts no more.");
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>Whose command this is; to be answered with the script that it fetches.</summary>
    public async Task<Result<CommandOwner>> OfAsync(string? token, CancellationToken cancellationToken)
    {
        var hash = ServerTokens.Hash(token ?? "");
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Set<OwnServer>().AsNoTracking().Where(row => row.CommandHash == hash)
            .Join(db.Instances, row => row.Id, instance => instance.Id, (row, instance) => new CommandOwner(instance.Id, instance.Hostname)).SingleOrDefaultAsync(cancellationToken);
        return found is null ? OwnServerRefusals.CommandUnknown : found;
    }

    /// <summary>
    /// The machine at this address has run the command: it gets the token of its installation, the same one however often it asks, and
    /// one that had settled gets a new one, to be repaired. Committed before it is answered, so no death of ours loses it.
    /// </summary>
    public async Task<Result<OwnServerWelcome>> ConnectAsync(string? token, OwnServerCall call, IPAddress? from, CancellationToken cancellationToken)
    {
        if (!(await OfAsync(token, cancellationToken)).Try(out var owner, out var refusal) || !ReadAddress(from).Try(out var address, out refusal))
        {
            return refusal;
        }

        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(owner.InstanceId, cancellationToken);
        var row = await LockAsync(db, owner.InstanceId, cancellationToken);
        if (instance is null || row is null || !ServerTokens.Matches(token!, row.CommandHash))
        {
            return OwnServerRefusals.CommandUnknown;
        }

        if (instance.State is InstanceState.Cancelling or InstanceState.Deleting || instance.IsFinal || await ServerLedger.OpenLineAsync(db, instance.ServerMark, cancellationToken) is not { } line)
        {
            return OwnServerRefusals.Detached;
        }

        var now = _clock.GetUtcNow();
        var isNew = !row.IsConnected;
        if ((refusal = row.Connect(new CallingServer(ServerTokens.Hash(call.Key), address, call.System, call.HostKey), now)) is not null)
        {
            return refusal;
        }

        var setupToken = TokenOf(instance, line);
        instance.ServerCame(now);
        if (instance is { State: InstanceState.Failed, ReadyAt: null })
        {
            instance.Retry(now);
        }

        db.Tell(instance, now, isNew ? "server_connected" : "server_called_again", $"{(isNew ? "Your server called from" : "Your server called once more, from")} {address}: {call.System}.");
        await db.AnnounceAsync(instance.Id, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new OwnServerWelcome(instance.Id, setupToken);
    }

    internal static Refusal? Issue(OwnServer row, SecretBox secrets, DateTimeOffset now)
    {
        var token = ServerTokens.New();
        return row.Issue(ServerTokens.Hash(token), secrets.Seal(Encoding.ASCII.GetBytes(token), Purpose), now);
    }

    internal static Task<OwnServer?> LockAsync(SpoqDbContext db, Guid id, CancellationToken cancellationToken) =>
        db.Set<OwnServer>().FromSql($"select * from own_servers where id = {id} for update").SingleOrDefaultAsync(cancellationToken);

    /// <summary>Where the call came from is where its name will point: our own network is nobody's server.</summary>
    private Result<string> ReadAddress(IPAddress? from)
    {
        if (from is null)
        {
            return OwnServerRefusals.BadCall;
        }

        var plain = from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from;
        return PublicHttp.IsPublic(plain) || (_takesLoopback && IPAddress.IsLoopback(plain)) ? plain.ToString() : OwnServerRefusals.PrivateAddress(plain.ToString());
    }

    private string TokenOf(Instance instance, ProviderServer line)
    {
        if (line.SealedProvisioningToken is { } known)
        {
            return Encoding.ASCII.GetString(_secrets.Open(known, ServerLedger.TokenPurpose));
        }

        var token = ServerTokens.New();
        line.KeepProvisioningToken(_secrets.Seal(Encoding.ASCII.GetBytes(token), ServerLedger.TokenPurpose));
        instance.ExpectPhoneHome(ServerTokens.Hash(token));
        return token;
    }
}

/// <param name="Token">Of the command that can be run now; null: it has served or is too old.</param>
/// <param name="Address">Null: none has called yet.</param>
public sealed record OwnServerView(string? Token, DateTimeOffset ExpiresAt, string? Address, string? System, DateTimeOffset? ConnectedAt, DateTimeOffset? DetachedAt);

public sealed record CommandOwner(Guid InstanceId, string Hostname);
