namespace Spoq.Core.Releases;

/// <summary>Where the binaries that customers install lie.</summary>
public interface IReleaseStore
{
    /// <summary>Null: nothing has been published here yet.</summary>
    Task<ReleaseManifest?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Null: the manifest names it but the file is gone.</summary>
    Stream? Open(ReleaseArtifact artifact);
}
