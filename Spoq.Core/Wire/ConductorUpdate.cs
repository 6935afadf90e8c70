namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /internal/instances/{id}/update</c>: a computer asks whether there is a newer Conductor for it.</summary>
/// <param name="Artifact">Such as <c>conductor-linux-amd64</c>.</param>
/// <param name="Version">What it runs.</param>
public sealed record UpdateAsk(string Artifact, string Version);

/// <summary>Answer to <see cref="UpdateAsk"/>; 204 where there is nothing for this computer now.</summary>
/// <param name="IsForced">What it runs is too old to go on with.</param>
/// <param name="Token">Downloads it once, from <c>/releases/{name}?token=</c>.</param>
public sealed record UpdateOffer(string Name, string Version, long Size, string Sha256, string? Signature, bool IsForced, string Token);

/// <summary><c>update.json</c> in a Conductor's data directory: how its last update ended.</summary>
/// <param name="Version">The one that was tried.</param>
/// <param name="IsDone">False: it did not come up, and the one before was put back.</param>
public sealed record UpdateOutcome(string Version, bool IsDone, DateTimeOffset At)
{
    public const string FileName = "update.json";
}
