using System.Security.Cryptography;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Sync;

/// <summary>Contents that were sent and wait to be put in their place, by their SHA-256. A file here is whole: drafts have another name.</summary>
internal sealed class BlobStore
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    private readonly string _folder;

    public BlobStore(DataDirectory data, TimeProvider clock)
    {
        _folder = Path.Combine(data.Root, "blobs");
        Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var old in new DirectoryInfo(_folder).EnumerateFiles().Where(file => clock.GetUtcNow() - file.LastWriteTimeUtc > s_kept))
        {
            old.Delete();
        }
    }

    public bool Has(string sha256) => File.Exists(PathOf(sha256));

    /// <summary>Reads a pack to its end. What does not hold what its header says is thrown away: it stays missing.</summary>
    /// <returns>False: it broke off.</returns>
    public async Task<bool> TakeAsync(Stream pack, CancellationToken cancellationToken)
    {
        var header = new byte[PackHeader.Size];
        var block = new byte[64 * 1024];
        while (await pack.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken) is var read and > 0)
        {
            if (read < header.Length)
            {
                return false;
            }

            var (sha256, length) = PackHeader.Read(header);
            if (length < 0 || !await TakeOneAsync(pack, sha256, length, block, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Puts it in its place at once; the last time it is wanted it is moved, before that copied.</summary>
    public void Place(string sha256, string target, bool isLast, bool isExecutable)
    {
        var blob = PathOf(sha256);
        if (!isLast)
        {
            var draft = Path.Combine(_folder, $"{Guid.NewGuid():N}.draft");
            File.Copy(blob, draft);
            blob = draft;
        }

        File.SetUnixFileMode(blob, ModeFor(target, isExecutable));
        File.Move(blob, target, overwrite: true);
    }

    /// <summary>A file keeps who may read it; a new one is its owner's. Who may read it may run it, if it is a program.</summary>
    private static UnixFileMode ModeFor(string target, bool isExecutable)
    {
        const UnixFileMode Run = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var mode = File.Exists(target) ? File.GetUnixFileMode(target) : UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return isExecutable == mode.HasFlag(UnixFileMode.UserExecute) ? mode : isExecutable ? mode | (UnixFileMode)((int)(mode & Read) >> 2) : mode & ~Run;
    }

    private async Task<bool> TakeOneAsync(Stream pack, string sha256, long left, byte[] block, CancellationToken cancellationToken)
    {
        var draft = Path.Combine(_folder, $"{Guid.NewGuid():N}.draft");
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1))
            {
                while (left > 0)
                {
                    var read = await pack.ReadAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken);
                    if (read == 0)
                    {
                        return false;
                    }

                    hash.AppendData(block, 0, read);
                    file.Write(block, 0, read);
                    left -= read;
                }
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256)
            {
                File.Move(draft, PathOf(sha256), overwrite: true);
            }

            return true;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private string PathOf(string sha256) => Path.Combine(_folder, sha256);
}
