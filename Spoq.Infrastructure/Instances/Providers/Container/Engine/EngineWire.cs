using System.Text.Json.Serialization;

namespace Spoq.Infrastructure.Instances.Providers.Container.Engine;

// The engine's own JSON (Docker Engine API 1.41). Podman says null where the contract says array or object, so all of it may be absent.
internal sealed record ContainerSpec
{
    public required string Image { get; init; }

    public required string Hostname { get; init; }

    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, NoValue> ExposedPorts { get; init; } = new Dictionary<string, NoValue>();

    /// <summary>Seconds between the stop signal and the end.</summary>
    public int? StopTimeout { get; init; }

    public required HostSpec HostConfig { get; init; }
}

internal sealed record NoValue;

internal sealed record HostSpec
{
    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];

    public required string NetworkMode { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<PortBinding>> PortBindings { get; init; } = new Dictionary<string, IReadOnlyList<PortBinding>>();

    public RestartPolicy? RestartPolicy { get; init; }

    public long? NanoCpus { get; init; }

    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together.</summary>
    public long? MemorySwap { get; init; }

    public int? PidsLimit { get; init; }

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> SecurityOpt { get; init; } = [];

    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

}

internal sealed record MountSpec(string Type, string Source, string Target);

internal sealed record PortBinding(string? HostIp, string? HostPort);

internal sealed record RestartPolicy(string Name);

internal sealed record Ulimit(string Name, long Soft, long Hard);

internal sealed record NetworkSpec(string Name, string Driver, bool CheckDuplicate, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Options);

internal sealed record VolumeSpec(string Name, IReadOnlyDictionary<string, string> Labels);

internal sealed record ExecSpec(IReadOnlyList<string> Cmd, IReadOnlyList<string> Env)
{
    public bool AttachStdout { get; init; } = true;

    public bool AttachStderr { get; init; } = true;
}

internal sealed record ExecStart(bool Detach, bool Tty);

internal sealed record Made(string? Id);

internal sealed record EngineError(string? Message);

internal sealed record EngineVersion(string? ApiVersion, EngineComponent[]? Components);

internal sealed record EngineComponent(string? Name);

internal sealed record ContainerFacts(string? Id, string? Image, ContainerConfigFacts? Config, ContainerStateFacts? State, NetworkSettingsFacts? NetworkSettings)
{
    /// <summary>Where one of its ports is published while it runs, such as of <c>22/tcp</c>.</summary>
    public int? PortOf(string inside) =>
        NetworkSettings?.Ports?.GetValueOrDefault(inside)?.Select(binding => int.TryParse(binding.HostPort, System.Globalization.CultureInfo.InvariantCulture, out var port) ? port : 0).FirstOrDefault(port => port > 0) is > 0 and var found ? found : null;
}

internal sealed record ContainerConfigFacts(string? Image, Dictionary<string, string>? Labels);

internal sealed record ContainerStateFacts(string? Status, bool? Running, bool? Restarting, int? ExitCode, string? StartedAt);

internal sealed record NetworkSettingsFacts(Dictionary<string, PortBinding[]?>? Ports, Dictionary<string, EndpointFacts?>? Networks);

internal sealed record EndpointFacts(string? IPAddress, string? Gateway);

/// <summary>One of <c>GET /containers/json</c>.</summary>
internal sealed record ListedContainer(string? Id, string[]? Names, string? State, Dictionary<string, string>? Labels, ListedPort[]? Ports)
{
    /// <summary>Where one of its ports is published.</summary>
    public int? PortOf(int inside) => Ports?.FirstOrDefault(port => port is { PublicPort: > 0 } && port.PrivatePort == inside)?.PublicPort;
}

internal sealed record ListedPort(int? PrivatePort, int? PublicPort);

internal sealed record VolumeFacts(string? Name, Dictionary<string, string>? Labels);

internal sealed record VolumeList(VolumeFacts[]? Volumes);

internal sealed record NetworkFacts(string? Name, Dictionary<string, string>? Labels);

internal sealed record ImageFacts(string? Id);

internal sealed record ExecFacts(int? ExitCode, bool? Running);

internal sealed record StatsFacts(
    [property: JsonPropertyName("cpu_stats")] CpuFacts? Cpu,
    [property: JsonPropertyName("memory_stats")] MemoryFacts? Memory,
    [property: JsonPropertyName("pids_stats")] PidsFacts? Pids,
    [property: JsonPropertyName("networks")] Dictionary<string, TrafficFacts>? Networks);

/// <param name="OnlineCpus">How many there are.</param>
internal sealed record CpuFacts([property: JsonPropertyName("cpu_usage")] CpuUsage? Usage, [property: JsonPropertyName("online_cpus")] int? OnlineCpus);

/// <param name="Total">Nanoseconds since the start.</param>
internal sealed record CpuUsage([property: JsonPropertyName("total_usage")] long? Total);

internal sealed record MemoryFacts([property: JsonPropertyName("usage")] long? Usage, [property: JsonPropertyName("limit")] long? Limit);

internal sealed record PidsFacts([property: JsonPropertyName("current")] int? Current);

internal sealed record TrafficFacts([property: JsonPropertyName("rx_bytes")] long? Received, [property: JsonPropertyName("tx_bytes")] long? Sent);

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerSpec))]
[JsonSerializable(typeof(NetworkSpec))]
[JsonSerializable(typeof(VolumeSpec))]
[JsonSerializable(typeof(ExecSpec))]
[JsonSerializable(typeof(ExecStart))]
[JsonSerializable(typeof(Made))]
[JsonSerializable(typeof(EngineError))]
[JsonSerializable(typeof(EngineVersion))]
[JsonSerializable(typeof(ContainerFacts))]
[JsonSerializable(typeof(ListedContainer[]))]
[JsonSerializable(typeof(VolumeList))]
[JsonSerializable(typeof(VolumeFacts))]
[JsonSerializable(typeof(NetworkFacts))]
[JsonSerializable(typeof(NetworkFacts[]))]
[JsonSerializable(typeof(ImageFacts))]
[JsonSerializable(typeof(ExecFacts))]
[JsonSerializable(typeof(StatsFacts))]
[JsonSerializable(typeof(Dictionary<string, string[]>), TypeInfoPropertyName = "Filters")]
internal sealed partial class EngineJson : JsonSerializerContext;
