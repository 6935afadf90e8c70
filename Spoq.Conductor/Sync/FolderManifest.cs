using System.Collections.Concurrent;
using System.Security.Cryptography;
using Spoq.Conductor.Files;
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

    public async Task<FolderSeen> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var (files, unseen) = (new List<SyncFile>(), new List<string>());
        try
        {
            foreach (var entry in Walk.Below(folder, recursive: true, below => unseen.Add(Path.GetRelativePath(folder, below))))
            {
                if (entry is DirectoryInfo { LinkTarget: null })
                {
                    continue;
                }

                var (name, seen) = (Path.GetRelativePath(folder, entry.FullName), await LookAsync(entry.FullName, cancellationToken));
                if (seen is { Sha256: { } sha256, File: { } file })
                {
                    files.Add(new SyncFile(name, sha256, file.Length, IsExecutable(file)));
                }
                else if (seen.IsUnseen)
                {
                    unseen.Add(name);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Not made yet, so it is empty.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unseen.Add(".");
        }

        return new FolderSeen(files, unseen);
    }

    /// <summary>What could not be looked at is never taken for what is not there: the other side would delete its own.</summary>
    public async Task<FileSeen> LookAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
        {
            return FileSeen.Unseen;
        }

        try
        {
            if (file.Exists && _known.TryGetValue(path, out var known) && known.Size == file.Length && known.At == file.LastWriteTimeUtc)
            {
                return new FileSeen(known.Sha256, file);
            }

            await using var stream = RegularFile.OpenRead(path);
            var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            if (clock.GetUtcNow() - file.LastWriteTimeUtc > s_settled && _known.Count < MaxKnown)
            {
                _known[path] = new Known(file.Length, file.LastWriteTimeUtc, sha256);
            }

            return file.Exists ? new FileSeen(sha256, file) : FileSeen.Unseen;
        }
        catch (FileNotFoundException)
        {
            return FileSeen.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FileSeen.Unseen;
        }
    }

    private static bool IsExecutable(FileInfo file) => (file.UnixFileMode & UnixFileMode.UserExecute) != 0;

    private sealed record Known(long Size, DateTime At, string Sha256);
}

/// <param name="Unseen">Paths that exist but could not be read, or are links or no plain files; of a folder, all below.</param>
internal sealed record FolderSeen(IReadOnlyList<SyncFile> Files, IReadOnlyList<string> Unseen);

/// <param name="Sha256">Null: there is none, or it could not be looked at.</param>
/// <param name="File">As it was when its content was read.</param>
/// <param name="IsUnseen">Something is there, but it is no file that can be read.</param>
internal readonly record struct FileSeen(string? Sha256, FileInfo? File, bool IsUnseen = false)
{
    public static FileSeen None => default;

    public static FileSeen Unseen => new(null, null, IsUnseen: true);
}
