using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Spoq.Core.Releases;

/// <summary>Which computers take a new Conductor already.</summary>
public static class Rollout
{
    public const int All = 100;

    /// <summary>0 to 99, always the same for one computer: who went first with one version goes first with the next.</summary>
    public static int CohortOf(Guid instanceId) =>
        (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(instanceId.ToByteArray(bigEndian: true))) % All);

    /// <param name="instanceId">Who asks.</param>
    /// <param name="running">Its Conductor now.</param>
    /// <param name="manifest">What is given out.</param>
    /// <param name="hasFailed">A computer that took this version had to go back.</param>
    public static bool Offers(Guid instanceId, string running, ReleaseManifest manifest, bool hasFailed)
    {
        if (!ReleaseVersion.IsNewer(manifest.VersionOf(ReleaseArtifact.Conductor), running))
        {
            return false;
        }

        // Too old to be served at all: whatever the new one's troubles are, staying is worse.
        return ReleaseVersion.IsNewer(manifest.MinConductor, running) || (!hasFailed && CohortOf(instanceId) < manifest.Rollout);
    }
}
