namespace Spoq.Core.Releases;

/// <summary>What this control plane gives out: written by <c>scripts/publish</c> beside the binaries.</summary>
/// <param name="Version">Of all artifacts together.</param>
/// <param name="MinConductor">Older Conductors must update.</param>
/// <param name="MinCli">Older command lines must update.</param>
public sealed record ReleaseManifest(string Version, string MinConductor, string MinCli, IReadOnlyList<ReleaseArtifact> Artifacts)
{
    /// <summary>How many of a hundred computers take the newest Conductor by themselves; see <see cref="Releases.Rollout"/>.</summary>
    public int Rollout { get; init; } = Releases.Rollout.All;

    public ReleaseArtifact? Find(string name) => Artifacts.FirstOrDefault(artifact => artifact.Name == name);

    public IEnumerable<ReleaseArtifact> CommandLines => Artifacts.Where(artifact => artifact.Product == ReleaseArtifact.CommandLine);

    /// <summary>Null: there is no build of it.</summary>
    /// <summary>Older ones must update.</summary>
    public string MinOf(string product) => product == ReleaseArtifact.Conductor ? MinConductor : MinCli;

    public string? VersionOf(string product) => Artifacts.FirstOrDefault(artifact => artifact.Product == product)?.Version;
}

/// <param name="Name">Such as <c>spoq-linux-amd64</c>: also the file's name.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Signature">See <see cref="ReleaseSignature"/>; null: it was published without a key.</param>
public sealed record ReleaseArtifact(string Name, string Version, long Size, string Sha256, string? Signature = null)
{
    public const string CommandLine = "spoq";
    public const string Conductor = "conductor";

    private static readonly string[] s_systems = ["linux", "darwin"];
    private static readonly string[] s_architectures = ["amd64", "arm64"];

    public string Product => Name.Split('-')[0];

    /// <summary>Whether this names an artifact at all; nothing else is ever looked up in the folder.</summary>
    public static bool IsName(string name) => name.Split('-') is [CommandLine or Conductor, var system, var architecture]
        && s_systems.Contains(system) && s_architectures.Contains(architecture);
}
