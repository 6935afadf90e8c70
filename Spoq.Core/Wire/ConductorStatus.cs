namespace Spoq.Core.Wire;

/// <summary>Answer of <c>GET /health</c>, open to all: <c>status</c> is <c>ok</c>.</summary>
public sealed record HealthAnswer(string Status, string Version, long UptimeSeconds);

/// <summary>Answer of <c>GET /api/status</c>.</summary>
public sealed record ConductorStatus
{
    public required string Version { get; init; }

    public required string Mode { get; init; }

    public required Guid InstanceId { get; init; }

    public required Guid OwnerId { get; init; }

    public required string Hostname { get; init; }

    /// <summary>What this Conductor can do, such as <c>ask</c> and <c>run</c>; unknown names are to be ignored.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    /// <summary>The model that answers, such as <c>spoq-echo</c>.</summary>
    public required string Model { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required long UptimeSeconds { get; init; }

    public required int Sessions { get; init; }

    public required ResourceUse Resources { get; init; }
}

/// <summary>What the machine uses. Bytes; CPU in percent of all cores together, 0 to 100.</summary>
public sealed record ResourceUse(double CpuPercent, long MemoryUsedBytes, long MemoryTotalBytes, long DiskUsedBytes, long DiskTotalBytes);
