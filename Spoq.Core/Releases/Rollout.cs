using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Spoq.Core.Releases;

/// <summary>Which computers take a new Conductor, or a new <c>spoq</c>, already.</summary>
public static class Rollout
{
    public const int All = 100;

    /// <summary>0 to 99, always the same for one computer: who went first with one version goes first with the next.</summary>
    public static int CohortOf(Guid instanceId) =>
        (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(instanceId.ToByteArray(bigEndian: true))) % All);

    /// <param name="instanceId">Who asks.</param>
    /// <param name="product">Of which product, such as <see cref="ReleaseArtifact.Conductor"/>.</param>
    /// <param name="running">Its version of it now.</param>
    /// <param name="manifest">What is given out.</param>
    /// <param name="hasFailed">A computer that took this version had to go back.</param>
    public static bool Offers(Guid instanceId, string product, string running, ReleaseManifest manifest, bool hasFailed)
    {
        if (!ReleaseVersion.IsNewer(manifest.VersionOf(product), running))
        {
            return false;
        }

        // Too old to be served at all: whatever the new one's troubles are, staying is worse.
        return ReleaseVersion.IsNewer(manifest.MinOf(product), running) || (!hasFailed && CohortOf(instanceId) < manifest.Rollout);
    }
}
