namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /internal/instances/{id}/phone-home</c>, sent with the provisioning token.</summary>
/// <param name="Stage"><c>packages</c>, <c>user</c>, <c>conductor</c>, <c>proxy</c>, <c>firewall</c>: what is installed so far; <c>failed</c>; <c>done</c> when the Conductor serves.</param>
/// <param name="Version">Of whoever reports.</param>
/// <param name="Log">The last lines of what went wrong, with <c>failed</c>.</param>
public sealed record PhoneHome(string Stage, string Version, string? Log = null);

/// <summary>Answer to <see cref="PhoneHome"/>: the token that heartbeats carry from now on.</summary>
public sealed record PhoneHomeAnswer(string InstanceToken);

/// <summary>Body of <c>POST /internal/instances/{id}/heartbeat</c>, sent every 30 s with the instance token.</summary>
public sealed record Heartbeat(string Version, double CpuPercent, long MemoryUsedBytes, long MemoryTotalBytes, long DiskUsedBytes, long DiskTotalBytes)
{
    /// <summary>Since the last heartbeat that was taken; null: none.</summary>
    public IReadOnlyList<DeviceSeen>? Devices { get; init; }

    /// <summary>How the last update ended, told once; null: nothing new.</summary>
    public UpdateOutcome? Update { get; init; }
}

/// <summary>A key of a device was offered to the computer's SSH server and is let in there.</summary>
public sealed record DeviceSeen(Guid DeviceId, DateTimeOffset At);
