using Spoq.Core.Wire;

namespace Spoq.Infrastructure.Instances;

/// <summary>
/// Reads a server-sent event stream and breaks off when one event grows too long: whoever owns a computer writes what
/// it sends, and an event is held in memory until its closing blank line.
/// </summary>
internal sealed class EventSizeLimit(Stream inner, int mostBytes) : ReadOnlyStream(inner)
{
    private int _eventBytes;
    private int _lineBytes;

    public override int Read(byte[] buffer, int offset, int count) => Counted(buffer.AsSpan(offset, Inner.Read(buffer, offset, count)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = await Inner.ReadAsync(buffer, cancellationToken);
        return Counted(buffer.Span[..length]);
    }

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
}
