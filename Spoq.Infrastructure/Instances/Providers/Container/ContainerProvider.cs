using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;

namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>
/// A computer is a container with a network and a volume of its own, all three of one name. What is missing of them is
/// made again from the volume's labels, so a death at any instruction leaves nothing that the next visit cannot finish.
/// </summary>
internal sealed partial class ContainerProvider(DockerEngine engine, ContainerBlueprint blueprint, IContainerDoor door, IOptions<ContainerOptions> options) : IServerProvider
{
    public const string Key = "container";

    public string Name => Key;

    public ServerCapabilities Capabilities => ServerCapabilities.Delete | ServerCapabilities.Resize | ServerCapabilities.Shrink | (door.IsOpen ? ServerCapabilities.Ssh : ServerCapabilities.None);

    public TimeSpan LookupLag => TimeSpan.Zero;

    public async Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) =>
        [new ServerRegion(options.Value.Region, options.Value.RegionName, await HasRoomAsync(cancellationToken))];

    public async Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => await GetAsync(ContainerMark.NameOf(instanceId), cancellationToken);

    public async Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken)
    {
        var containers = await engine.ListContainersAsync(ContainerMark.Label, cancellationToken);
        var volumes = await engine.ListVolumesAsync(ContainerMark.Label, cancellationToken);
        var networks = await engine.ListNetworksAsync(ContainerMark.Label, cancellationToken);
        var power = containers.SelectMany(container => (container.Names ?? []).Select(name => (Name: name.TrimStart('/'), Power: PowerOf(container.State)))).ToLookup(row => row.Name, row => row.Power);
        var names = power.Select(row => row.Key).Concat(volumes.Select(volume => volume.Name)).Concat(networks.Select(network => network.Name)).OfType<string>();
        return [.. names.Distinct().Select(name => new ListedServer(name, ContainerMark.IdOf(name), name, power[name].FirstOrDefault(ServerPower.Stopped)))];
    }

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        var mark = ContainerMark.Of(order);
        if (await engine.FindVolumeAsync(mark.Name, cancellationToken) is null)
        {
            if (!await HasRoomAsync(cancellationToken))
            {
                throw new ProviderException("There is no room for another computer here at the moment.") { Code = "sold_out", IsFinal = true };
            }

            await UnlessThereAsync(() => engine.CreateVolumeAsync(new VolumeSpec(mark.Name, mark.Write()), cancellationToken), async () => await engine.FindVolumeAsync(mark.Name, cancellationToken) is not null);
        }

        await StartAsync(mark.Name, cancellationToken);
        return await GetAsync(mark.Name, cancellationToken) ?? throw new ProviderException("The computer went away while it was made.") { Code = "server_gone" };
    }

    public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken)
    {
        if (await engine.FindContainerAsync(reference, cancellationToken) is { } container)
        {
            var power = container.State is { Restarting: true } ? ServerPower.Starting : container.State is { Running: true } ? ServerPower.Running : ServerPower.Stopped;
            return new Server(reference, power, EndpointOf(container), options.Value.PublicAddress, door.HostKeyFingerprint) { SshPort = options.Value.SshPort };
        }

        // Its data is there: somebody or something took the container alone, and starting makes it again.
        return await engine.FindVolumeAsync(reference, cancellationToken) is null
            ? null
            : new Server(reference, ServerPower.Stopped, null, options.Value.PublicAddress, door.HostKeyFingerprint);
    }

    public async Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        var mark = ContainerMark.Read((await engine.FindVolumeAsync(reference, cancellationToken))?.Labels)
            ?? throw new ProviderException("The computer's data is gone.") { Code = "server_gone", IsFinal = true };
        var image = await engine.FindImageAsync(options.Value.Image, cancellationToken)
            ?? throw new ProviderException("The system for new computers is not installed here at the moment.") { Code = "no_image", WaitFor = TimeSpan.FromMinutes(1) };
        var container = await engine.FindContainerAsync(reference, cancellationToken);
        if (container is { State: { Running: true } or { Restarting: true } })
        {
            return;
        }

        mark = mark with { Size = ContainerMark.SizeIn(container?.Config?.Labels) ?? await SizeAsync(mark, cancellationToken) };
        if (container is not null && container.Image is { } of && !IsSame(of, image.Id))
        {
            // What is off takes the newer system with it when it goes on; its data is not in the container.
            await engine.RemoveContainerAsync(reference, cancellationToken);
            container = null;
        }

        if (container is null)
        {
            await MakeAsync(mark, cancellationToken);
        }

        await engine.StartContainerAsync(reference, cancellationToken);
        await door.RefreshAsync(cancellationToken);
    }

    public Task StopAsync(string reference, CancellationToken cancellationToken) => engine.StopContainerAsync(reference, options.Value.StopGraceSeconds, cancellationToken);

    public async Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        if (ContainerMark.IdOf(reference) is null)
        {
            throw new ProviderException("This is not one of our computers.") { Code = "not_ours", IsFinal = true };
        }

        await engine.RemoveContainerAsync(reference, cancellationToken);
        await engine.RemoveNetworkAsync(reference, cancellationToken);
        await engine.RemoveVolumeAsync(reference, cancellationToken);
        await door.RefreshAsync(cancellationToken);
        return new ServerEnd.Gone();
    }

    private async Task MakeAsync(ContainerMark mark, CancellationToken cancellationToken)
    {
        if (await engine.FindNetworkAsync(mark.Name, cancellationToken) is null)
        {
            var network = ContainerBlueprint.NetworkOf(mark, await engine.IsPodmanAsync(cancellationToken));
            await UnlessThereAsync(() => engine.CreateNetworkAsync(network, cancellationToken), async () => await engine.FindNetworkAsync(mark.Name, cancellationToken) is not null);
        }

        await UnlessThereAsync(() => engine.CreateContainerAsync(mark.Name, blueprint.Of(mark), cancellationToken), async () => await engine.FindContainerAsync(mark.Name, cancellationToken) is not null);
    }

    /// <summary>Engines say in different ways that a name is taken; what counts is whether it is there.</summary>
    private static async Task UnlessThereAsync(Func<Task> make, Func<Task<bool>> isThere)
    {
        try
        {
            await make();
        }
        catch (ProviderException no) when (no.Code == "engine_refused")
        {
            if (!await isThere())
            {
                throw;
            }
        }
    }

    private async Task<bool> HasRoomAsync(CancellationToken cancellationToken) =>
        (await engine.ListVolumesAsync(ContainerMark.Label, cancellationToken)).Count < options.Value.MaxInstances;

    private string? EndpointOf(ContainerFacts container)
    {
        if (options.Value.Endpoint is { } endpoint)
        {
            return container.Config?.Labels?.GetValueOrDefault(ContainerMark.HostnameLabel) is { } hostname ? endpoint.Replace("{hostname}", hostname, StringComparison.Ordinal) : null;
        }

        return container.PortOf(ContainerBlueprint.Web) is { } port ? $"http://127.0.0.1:{port}" : null;
    }

    private static bool IsSame(string image, string? other) => Bare(image) == Bare(other ?? "");

    private static string Bare(string image) => image.StartsWith("sha256:", StringComparison.Ordinal) ? image["sha256:".Length..] : image;

    private static ServerPower PowerOf(string? state) => state switch
    {
        "running" => ServerPower.Running,
        "restarting" => ServerPower.Starting,
        _ => ServerPower.Stopped,
    };
}
