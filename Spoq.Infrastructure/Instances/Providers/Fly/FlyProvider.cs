using System.Globalization;
using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Fly;

/// <summary>
/// One app for each instance, with addresses, a volume and one machine of its own. The app's name is the mark: names are unique on
/// all of Fly, so no order is carried out twice. See fly.io/docs/machines/api.
/// </summary>
internal sealed partial class FlyProvider(FlyApi api, IOptions<FlyOptions> options, IOptions<SpoqOptions> spoq) : IServerProvider
{
    private static readonly int[] s_ports = [22, 80, 443];

    /// <summary>Unique in its app.</summary>
    private const string MachineName = "computer";
    private const string VolumeName = "home";
    private const string TokenSecret = "SPOQ_TOKEN";

    /// <summary>What a shared processor may have at most, and a dedicated one.</summary>
    private const int SharedGb = 2;
    private const int DedicatedGb = 8;
    private const int MostShared = 8;
    private const int MostDedicated = 16;

    public string Name => FlyApi.Key;

    public ServerCapabilities Capabilities => ServerCapabilities.Delete | ServerCapabilities.Ssh | ServerCapabilities.Resize;

    /// <summary>New apps are missing from reads for moments; making one twice is harmless anyway.</summary>
    public TimeSpan LookupLag => TimeSpan.FromSeconds(15);

    public async Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken)
    {
        var known = await api.RegionsAsync(cancellationToken);
        var isSold = size is null || GuestOf(size) is not null;
        return [.. (known.Regions ?? []).Where(region => region is { Code: not null, Deprecated: not true, GatewayAvailable: not false })
            .OrderBy(region => region.Code == known.Nearest ? 0 : 1).ThenBy(region => region.Name, StringComparer.Ordinal)
            .Select(region => new ServerRegion(region.Code!, region.Name ?? region.Code!, isSold))];
    }

    public async Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        var app = ServerMark.Of(instanceId);
        return await FindAppAsync(app, cancellationToken) is null ? null
            : await LookAsync(app, cancellationToken) ?? new Server(app, ServerPower.Starting, null, null, null) { IsReachedByName = true, IsUnfinished = true };
    }

    public async Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken)
    {
        var listed = new List<ListedServer>();
        foreach (var app in (await api.AppsAsync(cancellationToken)).Where(app => ServerMark.Marks(app.Name) && !IsGoing(app)))
        {
            var power = (await LookAsync(app.Name!, cancellationToken))?.Power ?? ServerPower.Stopped;
            listed.Add(new ListedServer(app.Name!, ServerMark.Read(app.Name), app.Name!, power));
        }

        return listed;
    }

    /// <summary>Null also for an app whose machine is gone: there is nothing that could run.</summary>
    public Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => LookAsync(reference, cancellationToken);

    /// <summary>Each part is looked for before it is made, so that the same order goes on wherever it broke off.</summary>
    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        var app = ServerMark.Of(order.InstanceId);
        var guest = GuestOf(order.Size) ?? throw new ProviderException("Fly.io does not offer this size.") { Code = "sold_out", IsFinal = true };
        if (!await api.AddAppAsync(app, cancellationToken) && await FindAppAsync(app, cancellationToken) is null)
        {
            throw new ProviderException("Fly.io does not let us use the computer's name.") { Code = "name_taken", WaitFor = TimeSpan.FromSeconds(15) };
        }

        var ips = await api.IpsAsync(app, cancellationToken);
        foreach (var type in MissingIps(ips))
        {
            await api.AddIpAsync(app, type, cancellationToken);
        }

        if (await LookAsync(app, cancellationToken) is { } there)
        {
            return there;
        }

        var version = await api.SetSecretAsync(app, TokenSecret, order.ProvisioningToken, cancellationToken);
        var volume = await VolumeAsync(app, order, guest, cancellationToken);
        try
        {
            await api.AddMachineAsync(app, MachineOf(order, guest, volume, version), cancellationToken);
        }
        catch (ProviderException full) when (full.Code == "sold_out")
        {
            // A volume is tied to the host that has no room: the next try gets another one elsewhere.
            await api.RemoveVolumeAsync(app, volume, cancellationToken);
            throw;
        }

        return await LookAsync(app, cancellationToken) ?? throw new ProviderException("Fly.io has not shown the computer yet.") { Code = "provider_away", WaitFor = LookupLag };
    }

    public async Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        var machine = await MachineAsync(reference, cancellationToken);
        if (machine is null)
        {
            throw new ProviderException("Fly.io does not know the computer any more.") { Code = "server_gone", IsFinal = true };
        }

        switch (machine.State)
        {
            case "stopped" or "suspended" or "created":
                await api.StartAsync(reference, machine.Id!, cancellationToken);
                break;
            case "stopping" or "suspending":
                throw new ProviderException("Fly.io is still switching the computer off.") { Code = "provider_busy", WaitFor = TimeSpan.FromSeconds(2) };
            case "failed" or "launch_failed":
                throw new ProviderException(Broken) { Code = "needs_person", IsFinal = true };
        }
    }

    public async Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        if (await MachineAsync(reference, cancellationToken) is { State: "started" or "starting" or "restarting" } machine)
        {
            await api.StopAsync(reference, machine.Id!, cancellationToken);
        }
    }

    public async Task SettleAsync(string reference, CancellationToken cancellationToken)
    {
        if ((await api.SecretsAsync(reference, cancellationToken)).Any(secret => secret.Name == TokenSecret))
        {
            await api.RemoveSecretAsync(reference, TokenSecret, cancellationToken);
        }
    }

    public async Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        if (await FindAppAsync(reference, cancellationToken) is null)
        {
            return new ServerEnd.Gone();
        }

        var machines = (await api.MachinesAsync(reference, cancellationToken)).Where(machine => !IsGone(machine)).ToList();
        foreach (var machine in machines.Where(machine => machine.State != "destroying"))
        {
            await api.RemoveMachineAsync(reference, machine.Id!, cancellationToken);
        }

        if (machines.Count > 0)
        {
            return new ServerEnd.Ending("Fly.io is removing the computer.");
        }

        var volumes = (await api.VolumesAsync(reference, cancellationToken)).Where(IsThere).ToList();
        foreach (var volume in volumes)
        {
            await api.RemoveVolumeAsync(reference, volume.Id!, cancellationToken);
        }

        if (volumes.Count > 0)
        {
            return new ServerEnd.Ending("Fly.io is removing the computer's disk.");
        }

        await api.RemoveAppAsync(reference, cancellationToken);
        return await FindAppAsync(reference, cancellationToken) is null ? new ServerEnd.Gone() : new ServerEnd.Ending("Fly.io is removing the computer's addresses.");
    }

    private const string Broken = "Fly.io could not start the computer; our people have to look.";

    private async Task<FlyApp?> FindAppAsync(string app, CancellationToken cancellationToken) =>
        await api.AppAsync(app, cancellationToken) is { } found && !IsGoing(found) ? found : null;

    private static bool IsGoing(FlyApp app) => app.Status is "pending_delete" or "deleted" or "destroyed";

    private async Task<FlyMachine?> MachineAsync(string app, CancellationToken cancellationToken) =>
        (await api.MachinesAsync(app, cancellationToken)).FirstOrDefault(machine => machine.Name == MachineName && machine.Id is not null && !IsGone(machine) && machine.State != "destroying");

    private async Task<Server?> LookAsync(string app, CancellationToken cancellationToken)
    {
        if (await MachineAsync(app, cancellationToken) is not { } machine)
        {
            return null;
        }

        var address = (await api.IpsAsync(app, cancellationToken)).FirstOrDefault(IsOwnV4)?.Ip;
        return new Server(app, PowerOf(machine), null, address, null) { IsReachedByName = true, Trouble = machine.State is "failed" or "launch_failed" ? Broken : null };
    }

    /// <summary>An address of its own: SSH has no names that a shared one could tell apart.</summary>
    private static IEnumerable<string> MissingIps(FlyIp[] ips)
    {
        if (!ips.Any(IsOwnV4))
        {
            yield return "v4";
        }

        if (!ips.Any(ip => ip.Egress != true && ip.Ip?.Contains(':', StringComparison.Ordinal) == true))
        {
            yield return "v6";
        }
    }

    private static bool IsOwnV4(FlyIp ip) => ip is { Shared: not true, Egress: not true, Ip: not null } && ip.Ip.Contains('.', StringComparison.Ordinal);

    private static bool IsGone(FlyMachine machine) => machine.State is "destroyed" or "replaced" or "migrated";

    private static bool IsThere(FlyVolume volume) => volume.Id is not null && volume.State is not ("destroyed" or "destroying" or "pending_destroy" or "scheduling_destroy");

    /// <summary>Names of volumes are not unique, so one that is there and free is used, and others are removed.</summary>
    private async Task<string> VolumeAsync(string app, ServerOrder order, FlyGuest guest, CancellationToken cancellationToken)
    {
        string? kept = null;
        foreach (var volume in (await api.VolumesAsync(app, cancellationToken)).Where(IsThere))
        {
            if (kept is null && volume.Region == order.Region && string.IsNullOrEmpty(volume.AttachedMachineId))
            {
                kept = volume.Id;
            }
            else
            {
                await api.RemoveVolumeAsync(app, volume.Id!, cancellationToken);
            }
        }

        return kept ?? (await api.AddVolumeAsync(app, new FlyNewVolume(VolumeName, order.Region, order.Size.DiskGb, Encrypted: true, guest), cancellationToken)).Id
            ?? throw new ProviderException("Fly.io answers something else than it should.") { Code = "provider_unreadable", WaitFor = TimeSpan.FromSeconds(15) };
    }

    /// <summary>Bytes pass untouched: certificates and SSH end on the machine, as on every other server of ours.</summary>
    private FlyNewMachine MachineOf(ServerOrder order, FlyGuest guest, string volume, int? secretsVersion) => new(
        MachineName,
        order.Region,
        new FlyConfig(
            options.Value.Image!,
            guest,
            [new FlyMount(volume, "/home")],
            [.. s_ports.Select(port => new FlyService("tcp", port, Autostart: false, "off", [new FlyPort(port)]))],
            new Dictionary<string, string> { ["SPOQ_URL"] = spoq.Value.BaseUrl.GetLeftPart(UriPartial.Authority), ["SPOQ_INSTANCE"] = order.InstanceId.ToString() },
            new Dictionary<string, string> { ["spoq_instance"] = order.InstanceId.ToString("n", CultureInfo.InvariantCulture) },
            new FlyRestart("always"),
            new FlyRootfs("always"),
            new FlyStopConfig("SIGTERM", "20s")),
        secretsVersion);

    /// <summary>Memory comes in steps of the processors; null: none is large enough.</summary>
    private static FlyGuest? GuestOf(ServerSize size)
    {
        var shared = PowerOfTwo(Math.Max(size.Cpus, (size.MemoryGb + SharedGb - 1) / SharedGb));
        if (shared <= MostShared)
        {
            return new FlyGuest("shared", shared, size.MemoryGb * 1024);
        }

        var dedicated = PowerOfTwo(Math.Max(size.Cpus, (size.MemoryGb + DedicatedGb - 1) / DedicatedGb));
        return dedicated <= MostDedicated ? new FlyGuest("performance", dedicated, size.MemoryGb * 1024) : null;
    }

    private static int PowerOfTwo(int atLeast) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)atLeast);

    private static ServerPower PowerOf(FlyMachine machine) => machine.State switch
    {
        "started" or "stopping" or "suspending" => ServerPower.Running,
        "stopped" or "suspended" or "failed" or "launch_failed" => ServerPower.Stopped,
        _ => ServerPower.Starting,
    };
}
