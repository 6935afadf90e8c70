using System.Globalization;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>A folder that belongs to this process as long as it lives: the kernel gives the lock back however it ends.</summary>
internal sealed class SpoolDirectory : IDisposable
{
    public const string SegmentPrefix = "segment-";

    private const string Unreadable = "unreadable-";
    private const int MostProcesses = 64;

    private readonly string _path;
    private readonly FileStream _lock;

    private SpoolDirectory(string path, FileStream held)
    {
        _path = path;
        _lock = held;
    }

    public string Name => Path.GetFileName(_path);

    /// <summary>The first folder that nobody holds.</summary>
    /// <exception cref="IOException">All are held, or none can be made.</exception>
    public static SpoolDirectory Take(string root)
    {
        Directory.CreateDirectory(root);
        for (var number = 0; number < MostProcesses; number++)
        {
            if (TryTake(Path.Combine(root, number.ToString("00", CultureInfo.InvariantCulture))) is { } taken)
            {
                return taken;
            }
        }

        throw new IOException($"All {MostProcesses} folders in Ai__SpoolDirectory ({root}) are in use by other processes.");
    }

    /// <summary>Folders whose process is gone and that still hold something; the caller lets go of them.</summary>
    public static IEnumerable<SpoolDirectory> TakeAbandoned(string root)
    {
        foreach (var path in Directory.EnumerateDirectories(root).Where(HoldsSomething))
        {
            if (TryTake(path) is { } taken)
            {
                yield return taken;
            }
        }
    }

    public string PathOf(string file) => Path.Combine(_path, file);

    public IEnumerable<(long Number, string Path)> Segments() =>
        Directory.EnumerateFiles(_path, SegmentPrefix + "*")
            .Select(path => (Parsed: long.TryParse(Path.GetFileName(path)[SegmentPrefix.Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number), number, path))
            .Where(found => found.Parsed).Select(found => (found.number, found.path)).OrderBy(found => found.number).ToList();

    /// <summary>Kept for a person to look at: it may hold usage, and it cannot be read.</summary>
    public void SetAside(string path) => File.Move(path, Path.Combine(_path, Unreadable + Path.GetFileName(path)), overwrite: true);

    /// <summary>Records that are torn, or that PostgreSQL refuses: as they are, one after the other.</summary>
    /// <returns>Where they are.</returns>
    public string SetAside(ReadOnlySpan<byte> records)
    {
        var path = Path.Combine(_path, Unreadable + "records");
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(records);
        file.Flush(flushToDisk: true);
        return path;
    }

    /// <summary>Everything is in PostgreSQL.</summary>
    public void Empty()
    {
        foreach (var file in Directory.EnumerateFiles(_path).Where(file => !Path.GetFileName(file).StartsWith(Unreadable, StringComparison.Ordinal) && Path.GetFileName(file) != "lock"))
        {
            File.Delete(file);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static bool HoldsSomething(string path) => Directory.EnumerateFiles(path, SegmentPrefix + "*").Any() || File.Exists(Path.Combine(path, "underway"));

    private static SpoolDirectory? TryTake(string path)
    {
        Directory.CreateDirectory(path);
        try
        {
            return new SpoolDirectory(path, new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
