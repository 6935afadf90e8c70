using System.Runtime.InteropServices;
using Spoq.Cli.Account;
using Spoq.Conductor.Updates;
using Spoq.Core.Releases;

namespace Spoq.Cli.Updates;

/// <summary>What is read of <c>/releases/version</c>.</summary>
internal sealed record ReleaseSeen
{
    public string? Cli { get; init; }

    public string? MinCli { get; init; }

    public IReadOnlyList<ReleaseFileSeen> Artifacts { get; init; } = [];
}

internal sealed record ReleaseFileSeen(string Name, string Version, long Size, string Sha256)
{
    public string? Signature { get; init; }
}

/// <summary>The file <c>version</c>: what was given out when it was last asked.</summary>
internal sealed record VersionSeen(string Url, DateTimeOffset At, string? Cli = null, string? MinCli = null);

internal sealed record UpdateShown(string From, string To, bool Updated);

internal static class ThisBuild
{
    /// <summary>The key that releases must be signed with, pinned when this was published; null: a development build.</summary>
    public static string? ReleaseKey { get; } = BuildFile.KeyOf(typeof(ThisBuild).Assembly);

    /// <summary>Such as <c>spoq-linux-amd64</c>.</summary>
    public static string ArtifactName { get; } =
        $"spoq-{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}";

    /// <summary>Later than this one; what is no version is not.</summary>
    public static bool IsOlderThan(string? other) => ReleaseVersion.IsNewer(other, ControlPlane.Version);
}
