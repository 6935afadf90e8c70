using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Fly;

// Another size of the same machine: its guest is changed first, because that may be refused; then the volume, which can grow and never shrink.
internal sealed partial class FlyProvider
{
    public async Task ResizeAsync(string reference, ServerSize size, CancellationToken cancellationToken)
    {
        var machine = await MachineAsync(reference, cancellationToken)
            ?? throw new ProviderException("Fly.io does not know the computer any more.") { Code = "server_gone", IsFinal = true };
        var guest = GuestOf(size) ?? throw new ProviderException("Fly.io does not offer this size.") { Code = "sold_out", IsFinal = true };
        switch (machine.State)
        {
            case "failed" or "launch_failed":
                throw new ProviderException(Broken) { Code = "needs_person", IsFinal = true };
            case not ("stopped" or "suspended" or "created" or "started"):
                throw StillAtWork();
        }

        if (machine.Config is not { ValueKind: JsonValueKind.Object } known || JsonObject.Create(known) is not { } config)
        {
            throw new ProviderException("Fly.io answers something else than it should.") { Code = "provider_unreadable", WaitFor = TimeSpan.FromSeconds(15) };
        }

        var isChanged = false;
        if (!Has(config, guest))
        {
            Give(config, guest);
            SayAutostopInWords(config);
            await api.UpdateMachineAsync(reference, machine.Id!, new FlyMachineUpdate(config, machine.Version, SkipLaunch: true), cancellationToken);
            isChanged = true;
        }

        var volume = (config["mounts"] as JsonArray)?.OfType<JsonObject>().Select(mount => (string?)mount["volume"]).FirstOrDefault();
        foreach (var small in (await api.VolumesAsync(reference, cancellationToken)).Where(one => IsThere(one) && one.Id == volume && one.SizeGb < size.DiskGb))
        {
            await api.ExtendVolumeAsync(reference, small.Id!, size.DiskGb, cancellationToken);
        }

        if (isChanged && await MachineAsync(reference, cancellationToken) is not { State: "stopped" or "suspended" or "created" })
        {
            // The next look finds everything changed, and waits for nothing but this.
            throw StillAtWork();
        }
    }

    private static ProviderException StillAtWork() => new("Fly.io is still at work on the computer.") { Code = "provider_busy", WaitFor = TimeSpan.FromSeconds(2) };

    /// <summary>What else stands there is Fly's or our people's, and stays.</summary>
    private static void Give(JsonObject config, FlyGuest guest)
    {
        var there = config["guest"] as JsonObject ?? [];
        (there["cpu_kind"], there["cpus"], there["memory_mb"]) = (guest.CpuKind, guest.Cpus, guest.MemoryMb);
        config["guest"] = there.DeepClone();
    }

    private static bool Has(JsonObject config, FlyGuest guest) =>
        config["guest"] is JsonObject now && JsonSerializer.Deserialize(now, FlyJson.Default.FlyGuest) == guest;

    /// <summary>Answers say true and false for what requests call by name.</summary>
    private static void SayAutostopInWords(JsonObject config)
    {
        foreach (var service in (config["services"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            if (service["autostop"] is JsonValue value && value.TryGetValue<bool>(out var stops))
            {
                service["autostop"] = stops ? "stop" : "off";
            }
        }
    }
}
