using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;

namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>What an operator does with containers by hand. What instances want goes first: the worker would only undo the rest.</summary>
public sealed class ContainerService
{
    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly ContainerProvider _provider;
    private readonly DockerEngine _engine;
    private readonly DeviceService _devices;

    internal ContainerService(IDbContextFactory<SpoqDbContext> contexts, ContainerProvider provider, DockerEngine engine, DeviceService devices) =>
        (_contexts, _provider, _engine, _devices) = (contexts, provider, engine, devices);

    /// <summary>Makes what is missing of an instance's container and starts it. Nothing is ordered here: its volume says what it is.</summary>
    public Task<Result<ContainerStatus>> CreateAsync(Guid instanceId, CancellationToken cancellationToken) => AskingAsync(async () =>
    {
        if (await OwnAsync(instanceId, cancellationToken) is not { } instance)
        {
            return InstanceRefusals.NotFound;
        }

        if (instance.Provider != ContainerProvider.Key)
        {
            return ContainerRefusals.NotAContainer;
        }

        if (await _provider.FindAsync(instanceId, cancellationToken) is not { } server)
        {
            return ContainerRefusals.NotFound;
        }

        await _provider.StartAsync(server.Reference, cancellationToken);
        return await ReadAsync(instanceId, cancellationToken);
    });

    public Task<Result<ContainerStatus>> StatusAsync(Guid instanceId, CancellationToken cancellationToken) => AskingAsync(() => ReadAsync(instanceId, cancellationToken));

    /// <summary>One more user of the system inside; it stays when the container is made anew.</summary>
    public Task<Result<string>> AddUserAsync(Guid instanceId, string? username, CancellationToken cancellationToken) => AskingAsync<string>(async () =>
    {
        if (!Username.Check(username ?? "").Try(out var name, out var refusal))
        {
            return refusal;
        }

        return await RunAsync(instanceId, ["/opt/spoq/install.sh", "add-user", name], cancellationToken) is { } no ? no : name;
    });

    /// <summary>A device of the owner's: let in here, and on every other computer of theirs, and removed from the dashboard like any.</summary>
    public async Task<Result<DeviceView>> AddKeyAsync(Guid instanceId, string? username, string? publicKey, string? name, CancellationToken cancellationToken)
    {
        if (await OwnAsync(instanceId, cancellationToken) is not { Provider: ContainerProvider.Key } instance)
        {
            return ContainerRefusals.NotFound;
        }

        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var wanted = username ?? instance.Username;
        var profile = await db.Profiles.AsNoTracking().SingleOrDefaultAsync(row => row.AccountId == instance.AccountId && row.Username == wanted, cancellationToken);
        return profile is null ? ContainerRefusals.NoSuchProfile : await _devices.AddKeyAsync(instance.AccountId, profile.Id, publicKey ?? "", name, cancellationToken);
    }

    /// <summary>Container, network and volume of an instance that is gone, or never was.</summary>
    public async Task<Refusal?> RemoveAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        var removed = await AskingAsync<bool>(async () =>
        {
            if (await OwnAsync(instanceId, cancellationToken) is { Provider: ContainerProvider.Key, IsFinal: false })
            {
                return ContainerRefusals.InUse;
            }

            if (await _provider.FindAsync(instanceId, cancellationToken) is not { } server)
            {
                return ContainerRefusals.NotFound;
            }

            await _provider.EndAsync(server.Reference, cancellationToken);
            return true;
        });
        return removed.Try(out _, out var refusal) ? null : refusal;
    }

    private async Task<Result<ContainerStatus>> ReadAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        var name = ContainerMark.NameOf(instanceId);
        if (await _provider.GetAsync(name, cancellationToken) is not { } server)
        {
            return ContainerRefusals.NotFound;
        }

        var container = await _engine.FindContainerAsync(name, cancellationToken);
        var stats = server.Power == ServerPower.Running ? await _engine.StatsAsync(name, cancellationToken) : null;
        return new ContainerStatus(instanceId, name, server.Power, container?.Config?.Image, container?.State?.StartedAt, server.Endpoint)
        {
            CpuNanoseconds = stats?.Cpu?.Usage?.Total,
            MemoryBytes = stats?.Memory?.Usage,
            MemoryLimitBytes = stats?.Memory?.Limit,
            Processes = stats?.Pids?.Current,
            ReceivedBytes = stats?.Networks?.Values.Sum(traffic => traffic.Received),
            SentBytes = stats?.Networks?.Values.Sum(traffic => traffic.Sent),
        };
    }

    private async Task<Refusal?> RunAsync(Guid instanceId, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var server = await _provider.FindAsync(instanceId, cancellationToken);
        if (server is not { Power: ServerPower.Running })
        {
            return server is null ? ContainerRefusals.NotFound : ContainerRefusals.NotRunning;
        }

        var said = await _engine.ExecAsync(server.Reference, command, [], cancellationToken);
        return said.ExitCode == 0 ? null : ContainerRefusals.CommandFailed(said.Output.Trim());
    }

    private async Task<Instance?> OwnAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken);
    }

    private static async Task<Result<T>> AskingAsync<T>(Func<Task<Result<T>>> ask)
        where T : notnull
    {
        try
        {
            return await ask();
        }
        catch (ProviderException no)
        {
            return ContainerRefusals.Refused(no);
        }
    }
}

/// <summary>A container as its engine sees it; what it does not tell, or what is off, is null.</summary>
/// <param name="Endpoint">Where its Conductor is reached.</param>
public sealed record ContainerStatus(Guid InstanceId, string Name, ServerPower Status, string? Image, string? StartedAt, string? Endpoint)
{
    /// <summary>Of processor time, since it was started.</summary>
    public long? CpuNanoseconds { get; init; }

    public long? MemoryBytes { get; init; }

    public long? MemoryLimitBytes { get; init; }

    public int? Processes { get; init; }

    public long? ReceivedBytes { get; init; }

    public long? SentBytes { get; init; }
}
