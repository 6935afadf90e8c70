using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Byo;

/// <summary>
/// Servers that customers bring. To create one is to make the command that they run on it; it exists once it has called. Nothing here
/// can switch it off or wipe it: stopped, it lets nobody in, and at its end it is told so and let go.
/// </summary>
internal sealed class ByoProvider(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, IOptions<ByoOptions> options, TimeProvider clock) : IServerProvider
{
    public const string Region = "own";

    private static readonly IReadOnlyList<ServerRegion> s_regions = [new ServerRegion(Region, "Where your server is", IsAvailable: true)];

    public string Name => OwnServer.Provider;

    public ServerCapabilities Capabilities => ServerCapabilities.Ssh | ServerCapabilities.OwnersMachine;

    public TimeSpan LookupLag => TimeSpan.Zero;

    public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => Task.FromResult(s_regions);

    public async Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<OwnServer>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId && row.DetachedAt == null, cancellationToken) is { } row ? ServerOf(row) : null;
    }

    public Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => FindAsync(IdOf(reference), cancellationToken);

    public async Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Set<OwnServer>().AsNoTracking().Where(row => row.DetachedAt == null).ToListAsync(cancellationToken);
        return [.. rows.Select(ServerOf).Select(server => new ListedServer(server.Reference, IdOf(server.Reference), server.Reference, server.Power))];
    }

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Set<OwnServer>().SingleOrDefaultAsync(row => row.Id == order.InstanceId, cancellationToken) is not { } row)
        {
            row = new OwnServer(order.InstanceId, clock.GetUtcNow());
            OwnServers.Issue(row, secrets, clock.GetUtcNow());
            db.Add(row);
            await db.SaveChangesAsync(cancellationToken);
        }

        return row.DetachedAt is null ? ServerOf(row) : throw Gone();
    }

    public Task StartAsync(string reference, CancellationToken cancellationToken) => ChangeAsync(reference, (row, _) => row.GoOn(), isNeeded: true, cancellationToken);

    public Task StopAsync(string reference, CancellationToken cancellationToken) => ChangeAsync(reference, (row, now) => row.StandDown(now), isNeeded: false, cancellationToken);

    /// <summary>Its Conductor is given time to hear that nobody is to be let in any more; then its token goes, and we know it no more.</summary>
    public async Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(IdOf(reference), cancellationToken);
        if (await LockAsync(db, reference, cancellationToken) is not { DetachedAt: null } row)
        {
            return new ServerEnd.Gone();
        }

        var now = clock.GetUtcNow();
        row.BeginEnd(now);
        var isHeard = instance?.InstanceTokenHash is null || !row.MayStillHear(now);
        if (isHeard)
        {
            row.Detach(now);
            instance?.RevokeTokens();
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return isHeard ? new ServerEnd.Gone() : new ServerEnd.Ending("Telling your server that it is detached.");
    }

    private async Task ChangeAsync(string reference, Action<OwnServer, DateTimeOffset> change, bool isNeeded, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, reference, cancellationToken) is not { DetachedAt: null } row)
        {
            if (isNeeded)
            {
                throw Gone();
            }

            return;
        }

        change(row, clock.GetUtcNow());
        await DesiredStates.AnnounceAsync(db, row.Id, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private Server ServerOf(OwnServer row)
    {
        var reference = row.Id.ToString();
        if (row.Address is not { } address)
        {
            var isOver = clock.GetUtcNow() >= row.WaitsUntil;
            return new Server(reference, ServerPower.Starting, null, null, null)
            {
                OwnerMust = isOver ? null : "Waiting for you to run the command on your server.",
                Trouble = isOver ? $"No server was connected within {OwnServer.Patience.TotalDays:0} days. Get a new command, or cancel and get your money back." : null,
            };
        }

        var isHere = options.Value.LoopbackPort != 0 && IPAddress.IsLoopback(IPAddress.Parse(address));
        var power = row.StoodDownAt is null ? ServerPower.Running : ServerPower.Stopped;
        return new Server(reference, power, isHere ? $"http://127.0.0.1:{options.Value.LoopbackPort}" : null, address, row.HostKeyFingerprint)
        {
            IsReachedByName = !isHere,
            SshPort = isHere ? options.Value.LoopbackSshPort : 22,
        };
    }

    private static Task<OwnServer?> LockAsync(SpoqDbContext db, string reference, CancellationToken cancellationToken) => OwnServers.LockAsync(db, IdOf(reference), cancellationToken);

    private static ProviderException Gone() => new("This server was detached.") { Code = "server_gone", IsFinal = true };

    private static Guid IdOf(string reference) => Guid.Parse(reference);
}
