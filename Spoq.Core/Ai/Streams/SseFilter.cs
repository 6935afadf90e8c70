using Spoq.Core.Ai.Translation;

namespace Spoq.Core.Ai.Streams;

/// <summary>
/// Watches server-sent events pass, in place: whole lines go on as they are, but for those that are held back; an
/// unfinished line waits for its end. Holds nothing but that line.
/// </summary>
public abstract class SseFilter
{
    /// <summary>A longer line is no usage; it goes on unread.</summary>
    private const int MaxLine = 256 * 1024;

    private byte[] _rest = [];
    private int _restLength;
    private bool _isLong;
    private bool _dropsBlank;

    /// <summary>What the upstream told; null: not yet, or never.</summary>
    public TokenUsage? Usage { get; protected set; }

    /// <summary>What was told is the whole stream's, not what it came to until then.</summary>
    public bool HasFinalUsage { get; protected set; }

    /// <summary>Tokens of output seen, at the least: a piece is one, and each further word in it another.</summary>
    public long Pieces { get; protected set; }

    /// <summary>The stream came to its proper end.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>What went on so far ends with a whole event: another may follow.</summary>
    public bool IsBetweenEvents { get; private set; } = true;

    /// <summary>Who says it again in other words; null: nobody.</summary>
    public StreamTranslation? Into { get; init; }

    /// <summary>How many bytes of an unfinished line the next buffer must begin with.</summary>
    public int RestLength => _restLength;

    /// <summary>Puts the unfinished line at the start of the next buffer.</summary>
    public void TakeRest(Span<byte> buffer)
    {
        _rest.AsSpan(0, _restLength).CopyTo(buffer);
        _restLength = 0;
    }

    /// <param name="buffer">The unfinished line and what was read after it.</param>
    /// <returns>How many bytes at its start now go on to the client.</returns>
    public int Pass(Span<byte> buffer)
    {
        var (from, kept) = (0, 0);
        while (from < buffer.Length)
        {
            var end = buffer[from..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            var line = buffer.Slice(from, end + 1);
            if (!Drops(line))
            {
                if (kept != from)
                {
                    line.CopyTo(buffer[kept..]);
                }

                kept += line.Length;
            }

            from += line.Length;
        }

        var rest = buffer[from..];
        if (_isLong || rest.Length > MaxLine)
        {
            (_isLong, IsBetweenEvents) = (true, false);
            rest.CopyTo(buffer[kept..]);
            return kept + rest.Length;
        }

        Keep(rest);
        return kept;
    }

    /// <summary>The stream is over: what stands there without an end of line goes on too.</summary>
    public int PassRest(Span<byte> buffer)
    {
        var length = _restLength;
        TakeRest(buffer);
        return length > 0 && Drops(buffer[..length]) ? 0 : length;
    }

    /// <summary>Reads a line that begins with <c>data:</c>, without that.</summary>
    /// <returns>False: the client does not get it.</returns>
    protected abstract bool Look(ReadOnlySpan<byte> data);

    /// <summary>Reads the name of the event that the next data belongs to.</summary>
    protected virtual void Name(ReadOnlySpan<byte> name)
    {
    }

    private bool Drops(ReadOnlySpan<byte> line)
    {
        if (_isLong)
        {
            _isLong = false;
            return false;
        }

        var text = line.TrimEnd("\r\n"u8);
        if (text.IsEmpty)
        {
            var drops = _dropsBlank;
            (_dropsBlank, IsBetweenEvents) = (false, true);
            return drops;
        }

        _dropsBlank = false;
        if (text.StartsWith("data:"u8))
        {
            var data = text[5..].TrimStart((byte)' ');
            Into?.Data(data);
            _dropsBlank = !Look(data);
            IsBetweenEvents &= _dropsBlank;
            return _dropsBlank;
        }

        IsBetweenEvents = false;

        if (text.StartsWith("event:"u8))
        {
            Name(text[6..].TrimStart((byte)' '));
        }

        return false;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _rest.Length)
        {
            _rest = new byte[Math.Max(rest.Length * 2, 1024)];
        }

        rest.CopyTo(_rest);
        _restLength = rest.Length;
    }
}
