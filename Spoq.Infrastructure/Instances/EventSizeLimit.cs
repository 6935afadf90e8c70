namespace Spoq.Infrastructure.Instances;

/// <summary>
/// Reads a server-sent event stream and breaks off when one event grows too long: whoever owns a computer writes what
/// it sends, and an event is held in memory until its closing blank line.
/// </summary>
internal sealed class EventSizeLimit(Stream inner, int mostBytes) : Stream
{
    private int _eventBytes;
    private int _lineBytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Counted(buffer.AsSpan(offset, inner.Read(buffer, offset, count)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = await inner.ReadAsync(buffer, cancellationToken);
        return Counted(buffer.Span[..length]);
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <exception cref="IOException">The event at hand is too long.</exception>
    private int Counted(ReadOnlySpan<byte> read)
    {
        foreach (var each in read)
        {
            _eventBytes++;
            if (each == '\n')
            {
                _eventBytes = _lineBytes == 0 ? 0 : _eventBytes;
                _lineBytes = 0;
            }
            else if (each != '\r')
            {
                _lineBytes++;
            }
        }

        return _eventBytes <= mostBytes ? read.Length : throw new IOException($"An event is longer than {mostBytes} bytes.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
