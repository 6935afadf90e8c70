using System.Collections.Concurrent;
using System.Security.Cryptography;
using Spoq.Conductor.Tools;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Sync;

/// <summary>What every file of a folder holds. A file is read again only when its size or time has changed.</summary>
internal sealed class FolderManifest(TimeProvider clock)
{
    // A file written twice within a clock tick looks the same: what is as young as that is not remembered.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);
    private const int MaxKnown = 500_000;

    private readonly ConcurrentDictionary<string, Known> _known = new();

    public async Task<List<SyncFile>> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var files = new List<SyncFile>();
        if (!Directory.Exists(folder))
        {
            return files;
        }

        foreach (var file in Walk.Below(folder, recursive: true).OfType<FileInfo>().Where(file => file.LinkTarget is null))
        {
            if (await HashAsync(file, cancellationToken) is { } sha256)
            {
                files.Add(new SyncFile(Path.GetRelativePath(folder, file.FullName), sha256, file.Length, IsExecutable(file)));
            }
        }

        return files;
    }

    /// <summary>Null: there is none, or it is no file.</summary>
    public async Task<string?> HashAsync(string path, CancellationToken cancellationToken) =>
        new FileInfo(path) is { Exists: true, LinkTarget: null } file ? await HashAsync(file, cancellationToken) : null;

    public static bool IsExecutable(FileInfo file) => (file.UnixFileMode & UnixFileMode.UserExecute) != 0;

    private async Task<string?> HashAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(file.FullName, out var known) && known.Size == file.Length && known.At == file.LastWriteTimeUtc)
        {
            return known.Sha256;
        }

        try
        {
            await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
            var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            if (clock.GetUtcNow() - file.LastWriteTimeUtc > s_settled && _known.Count < MaxKnown)
            {
                _known[file.FullName] = new Known(file.Length, file.LastWriteTimeUtc, sha256);
            }

            return sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or not ours to read.
            return null;
        }
    }

    private sealed record Known(long Size, DateTime At, string Sha256);
}
