namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /internal/instances/{id}/phone-home</c>, sent with the provisioning token.</summary>
/// <param name="Stage"><c>done</c> when the Conductor serves.</param>
public sealed record PhoneHome(string Stage, string Version);

/// <summary>Answer to <see cref="PhoneHome"/>: the token that heartbeats carry from now on.</summary>
public sealed record PhoneHomeAnswer(string InstanceToken);

/// <summary>Body of <c>POST /internal/instances/{id}/heartbeat</c>, sent every 30 s with the instance token.</summary>
public sealed record Heartbeat(string Version, double CpuPercent, long MemoryUsedBytes, long MemoryTotalBytes, long DiskUsedBytes, long DiskTotalBytes);
