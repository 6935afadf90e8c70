using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Spoq.Infrastructure.Instances.Providers.Fly;

internal sealed record FlyError(string? Error, string? Status);

internal sealed record FlyOrganization(string? Slug);

internal sealed record FlyApp(string? Name, string? Status, FlyOrganization? Organization, int? MachineCount);

internal sealed record FlyApps(FlyApp[]? Apps, string? NextCursor);

internal sealed record FlyIp(string? Ip, bool? Shared, bool? Egress);

internal sealed record FlyIps(FlyIp[]? Ips);

internal sealed record FlyVolume(string? Id, string? Name, string? State, string? Region, string? AttachedMachineId, int? SizeGb);

/// <param name="Config">As it was given, with what Fly added: a change sends all of it back.</param>
internal sealed record FlyMachine(string? Id, string? Name, string? State, string? Region, string? Version, JsonElement? Config);

internal sealed record FlySecret(string? Name);

internal sealed record FlySecrets(FlySecret[]? Secrets);

/// <summary>The version is spelled in both ways.</summary>
internal sealed record FlySecretSet([property: JsonPropertyName("version")] int? Version, [property: JsonPropertyName("Version")] int? OlderSpelling);

internal sealed record FlyRegion(string? Code, string? Name, bool? Deprecated, bool? GatewayAvailable);

internal sealed record FlyRegions(FlyRegion[]? Regions, string? Nearest);

internal sealed record FlyNewApp(string Name, string OrgSlug, string IdempotencyKey);

internal sealed record FlyNewIp(string Type);

internal sealed record FlyNewSecret(string Value);

internal sealed record FlyGuest(string CpuKind, int Cpus, int MemoryMb);

internal sealed record FlyNewVolume(string Name, string Region, int SizeGb, bool Encrypted, FlyGuest Compute);

internal sealed record FlyMount(string Volume, string Path);

internal sealed record FlyPort(int Port);

internal sealed record FlyService(string Protocol, int InternalPort, bool Autostart, string Autostop, FlyPort[] Ports);

internal sealed record FlyRestart(string Policy);

internal sealed record FlyRootfs(string Persist);

internal sealed record FlyStopConfig(string Signal, string Timeout);

internal sealed record FlyConfig(
    string Image, FlyGuest Guest, FlyMount[] Mounts, FlyService[] Services, Dictionary<string, string> Env, Dictionary<string, string> Metadata,
    FlyRestart Restart, FlyRootfs Rootfs, FlyStopConfig StopConfig);

internal sealed record FlyNewMachine(string Name, string Region, FlyConfig Config, int? MinSecretsVersion);

/// <param name="CurrentVersion">Refused where somebody else changed it meanwhile.</param>
internal sealed record FlyMachineUpdate(JsonObject Config, string? CurrentVersion, bool SkipLaunch);

internal sealed record FlyExtend(int SizeGb);

internal sealed record FlyStop(string Signal, string Timeout);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(FlyError))]
[JsonSerializable(typeof(FlyApp))]
[JsonSerializable(typeof(FlyApps))]
[JsonSerializable(typeof(FlyIps))]
[JsonSerializable(typeof(FlyVolume))]
[JsonSerializable(typeof(FlyVolume[]))]
[JsonSerializable(typeof(FlyMachine))]
[JsonSerializable(typeof(FlyMachine[]))]
[JsonSerializable(typeof(FlySecrets))]
[JsonSerializable(typeof(FlySecretSet))]
[JsonSerializable(typeof(FlyRegions))]
[JsonSerializable(typeof(FlyNewApp))]
[JsonSerializable(typeof(FlyNewIp))]
[JsonSerializable(typeof(FlyNewSecret))]
[JsonSerializable(typeof(FlyNewVolume))]
[JsonSerializable(typeof(FlyNewMachine))]
[JsonSerializable(typeof(FlyMachineUpdate))]
[JsonSerializable(typeof(FlyExtend))]
[JsonSerializable(typeof(FlyStop))]
internal sealed partial class FlyJson : JsonSerializerContext;
