using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spoq.Core.Releases;

namespace Spoq.Infrastructure.Releases;

/// <summary>A folder with a manifest, read again when the manifest changes: publishing needs no restart.</summary>
internal sealed class DirectoryReleaseStore(IOptions<ReleasesOptions> options, ILogger<DirectoryReleaseStore> logger) : IReleaseStore
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private volatile Reading? _reading;

    public async Task<ReleaseManifest?> ReadAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Combine(options.Value.Directory, "manifest.json"));
        if (!file.Exists)
        {
            return null;
        }

        if (_reading is { } held && held.At == file.LastWriteTimeUtc)
        {
            return held.Manifest;
        }

        try
        {
            await using var stream = file.OpenRead();
            var manifest = await JsonSerializer.DeserializeAsync<ReleaseManifest>(stream, s_json, cancellationToken);
            var known = manifest is { Artifacts: { } artifacts } ? manifest with { Artifacts = [.. artifacts.Where(artifact => ReleaseArtifact.IsName(artifact.Name))] } : null;
            _reading = new Reading(file.LastWriteTimeUtc, known);
            return known;
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            // Being written at this moment, or broken: what was read before still holds.
            logger.LogError("The manifest {File} cannot be read: {Reason}", file.FullName, error.Message);
            return _reading?.Manifest;
        }
    }

    public Stream? Open(ReleaseArtifact artifact)
    {
        // Of another size: between the files and the manifest of a release that is being published this moment.
        var path = Path.Combine(options.Value.Directory, artifact.Name);
        return new FileInfo(path) is { Exists: true } file && file.Length == artifact.Size ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan) : null;
    }

    private sealed record Reading(DateTime At, ReleaseManifest? Manifest);
}
