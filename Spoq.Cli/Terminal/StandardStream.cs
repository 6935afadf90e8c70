using System.Runtime.InteropServices;

namespace Spoq.Cli.Terminal;

/// <summary>Whoever read our output is gone: <c>spoq run … | head -1</c>.</summary>
internal sealed class ClosedPipeException() : Exception("The reader of the output is gone.");

/// <summary>Standard output that notices when nobody reads it any more; the console's own stream goes on writing for ever.</summary>
internal sealed unsafe partial class StandardStream(int descriptor, bool mayBeClosed = false) : Stream
{
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int TryAgainOnMac = 35;
    private const int BrokenPipe = 32;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="ClosedPipeException"/>
    /// <exception cref="CommandFailedException">The disk is full, for example.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written;
            fixed (byte* start = buffer)
            {
                written = Write(descriptor, start, buffer.Length);
            }

            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError(), mayBeClosed)
            {
                case (Interrupted, _):
                    break;
                case (TryAgain or TryAgainOnMac, _):
                    Thread.Sleep(1);
                    break;
                case (_, true):
                    return;
                case (BrokenPipe, _):
                    throw new ClosedPipeException();
                case var (error, _):
                    throw new CommandFailedException(ExitCode.Failed, $"The output could not be written: {Marshal.GetPInvokeErrorMessage(error)}. Part of it is missing.");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, byte* buffer, nint count);
}
