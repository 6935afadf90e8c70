namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /internal/instances/{id}/phone-home</c>, sent with the provisioning token.</summary>
/// <param name="Stage"><c>packages</c>, <c>user</c>, <c>conductor</c>, <c>proxy</c>, <c>firewall</c>: what is installed so far; <c>failed</c>; <c>done</c> when the Conductor serves.</param>
/// <param name="Version">Of whoever reports.</param>
/// <param name="Log">The last lines of what went wrong, with <c>failed</c>.</param>
public sealed record PhoneHome(string Stage, string Version, string? Log = null);

/// <summary>Answer to <see cref="PhoneHome"/>: the token that heartbeats carry from now on.</summary>
public sealed record PhoneHomeAnswer(string InstanceToken);

/// <summary>Body of <c>POST /internal/instances/{id}/heartbeat</c>, sent every 30 s with the instance token.</summary>
public sealed record Heartbeat(string Version, double CpuPercent, long MemoryUsedBytes, long MemoryTotalBytes, long DiskUsedBytes, long DiskTotalBytes);
