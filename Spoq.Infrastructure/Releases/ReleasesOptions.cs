namespace Spoq.Infrastructure.Releases;

/// <summary>Section <c>Releases</c>: what <c>scripts/publish</c> filled.</summary>
public sealed class ReleasesOptions
{
    public const string Section = "Releases";

    /// <summary>Default: <c>binaries</c> beside the program; development: at the top of the repository.</summary>
    public string Directory { get; set; } = "";
}
