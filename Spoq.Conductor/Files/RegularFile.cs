using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Spoq.Conductor.Files;

/// <summary>Opens what is a file and nothing else: opening a FIFO would wait for its writer for ever. The command line is built with this file too.</summary>
internal static partial class RegularFile
{
    // O_NONBLOCK | O_CLOEXEC, open(2)
    private const int LinuxFlags = 0x800 | 0x80000;
    private const int MacFlags = 0x4 | 0x1000000;

    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int NoAccess = 13;

    /// <exception cref="FileNotFoundException">There is nothing of this name.</exception>
    /// <exception cref="UnauthorizedAccessException"/>
    /// <exception cref="IOException">Among others: it is no regular file.</exception>
    public static FileStream OpenRead(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException("This is a folder.");
        }

        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        }

        var descriptor = Open(path, OperatingSystem.IsMacOS() ? MacFlags : LinuxFlags);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw error switch
            {
                NoEntry => new FileNotFoundException("There is no such file.", path),
                NotPermitted or NoAccess => new UnauthorizedAccessException("This file may not be read."),
                _ => new IOException(Marshal.GetPInvokeErrorMessage(error)),
            };
        }

        var stream = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, 1);
        if (stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        throw new IOException("This is not a regular file.");
    }

    public static async Task<byte[]> ReadAllAsync(string path, CancellationToken cancellationToken)
    {
        await using var stream = OpenRead(path);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
