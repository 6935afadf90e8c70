using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>
/// Records in a file that is mapped shared: what was stored is the kernel's, so that it survives this process however it
/// ends. Its blocks are written when it is made: a full disk refuses the file, never a store into it.
/// </summary>
internal sealed unsafe class SpoolFile : IDisposable
{
    private const int Header = 4096;

    /// <summary>Of the layout of header and record.</summary>
    public const long Format = 0x53504F_51_0002;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private SpoolFile(string path, int count)
    {
        Path = path;
        Count = count;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, Length(count), MemoryMappedFileAccess.ReadWrite);
        _view = _file.CreateViewAccessor(0, Length(count));
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public string Path { get; }

    public int Count { get; }

    /// <summary>How many of the records are in PostgreSQL for sure; the rest is sent (again), which does no harm.</summary>
    public long Shipped
    {
        get => Volatile.Read(ref Unsafe.AsRef<long>(_start + 8));
        set => Volatile.Write(ref Unsafe.AsRef<long>(_start + 8), value);
    }

    public ref UsageRecord this[int index] => ref Unsafe.AsRef<UsageRecord>(_start + Header + ((long)index * UsageRecord.Size));

    /// <exception cref="IOException">The disk is full.</exception>
    public static SpoolFile Create(string path, int count)
    {
        var making = path + ".new";
        try
        {
            using (var file = new FileStream(making, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                var zeros = new byte[64 * 1024];
                for (var left = Length(count); left > 0; left -= zeros.Length)
                {
                    file.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
                }

                file.Position = 0;
                file.Write(BitConverter.GetBytes(Format));
                file.Flush();
            }

            File.Move(making, path);
        }
        catch
        {
            Remove(making);
            throw;
        }

        return new SpoolFile(path, count);
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception stuck) when (stuck is IOException or UnauthorizedAccessException)
        {
            // What stopped the making is what is told.
        }
    }

    /// <summary>Null: it is not a file of this format.</summary>
    public static SpoolFile? Open(string path)
    {
        var length = new FileInfo(path).Length - Header;
        if (length <= 0 || length % UsageRecord.Size != 0)
        {
            return null;
        }

        var file = new SpoolFile(path, (int)(length / UsageRecord.Size));
        if (Unsafe.AsRef<long>(file._start) == Format)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    public static long Length(int count) => Header + ((long)count * UsageRecord.Size);

    /// <summary>What was stored until now survives also the machine.</summary>
    public void Sync() => _view.Flush();

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
