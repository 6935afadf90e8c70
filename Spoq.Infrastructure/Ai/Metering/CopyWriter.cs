using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Usage records in PostgreSQL's binary format of COPY (its documentation, COPY, "Binary Format"), in the order of <see cref="UsageRows"/>' columns.</summary>
internal ref struct CopyWriter
{
    public const int HeaderBytes = 19;
    public const int TrailerBytes = 2;

    /// <summary>Of one row: the lengths of its fields, their values, both names in full.</summary>
    public const int MostBytes = 2 + (Fields * sizeof(int)) + (3 * 16) + (8 * sizeof(long)) + (2 * sizeof(int)) + 2 + UsageRecord.ModelBytes + UsageRecord.UpstreamBytes;

    private const short Fields = 17;

    /// <summary>PostgreSQL counts from 2000 on.</summary>
    private static readonly long s_epoch = (new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly Span<byte> _into;
    private int _at;

    private CopyWriter(Span<byte> into) => _into = into;

    /// <returns>How many bytes were written.</returns>
    public static int Write(IReadOnlyList<UsageRecord> records, Span<byte> into)
    {
        var writer = new CopyWriter(into);
        writer.Begin();
        for (var i = 0; i < records.Count; i++)
        {
            writer.Row(records[i]);
        }

        BinaryPrimitives.WriteInt16BigEndian(into[writer._at..], -1);
        return writer._at + TrailerBytes;
    }

    /// <summary>The signature, no flags, no extension.</summary>
    private void Begin()
    {
        ReadOnlySpan<byte> signature = [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0];
        signature.CopyTo(_into);
        _into[signature.Length..HeaderBytes].Clear();
        _at = HeaderBytes;
    }

    private void Row(in UsageRecord record)
    {
        BinaryPrimitives.WriteInt16BigEndian(_into[_at..], Fields);
        _at += sizeof(short);
        Add(record.StartedAt - s_epoch);
        Add(record.RequestId);
        Add(record.AccountId);
        Add(record.ApiKeyId);
        Add(MemoryMarshal.AsBytes(new ReadOnlySpan<ModelName>(in record.Model)));
        Add(MemoryMarshal.AsBytes(new ReadOnlySpan<UpstreamName>(in record.Upstream)));
        Add(record.PriceVersion);
        Add(record.Input);
        Add(record.CachedInput);
        Add(record.CacheWrite);
        Add(record.Output);
        Add(record.Reasoning);
        Add(record.Cost);
        Add(record.Latency);
        Add(record.Status);
        Add((record.Flags & RecordFlags.Estimated) != 0);
        Add((record.Flags & RecordFlags.Interrupted) != 0);
    }

    private void Add(long value) => BinaryPrimitives.WriteInt64BigEndian(Field(sizeof(long)), value);

    private void Add(int value) => BinaryPrimitives.WriteInt32BigEndian(Field(sizeof(int)), value);

    private void Add(bool value) => Field(1)[0] = value ? (byte)1 : (byte)0;

    private void Add(Guid value) => value.TryWriteBytes(Field(16), bigEndian: true, out _);

    /// <summary>UTF-8 up to the first zero.</summary>
    private void Add(scoped ReadOnlySpan<byte> name)
    {
        var end = name.IndexOf((byte)0);
        name = end < 0 ? name : name[..end];
        name.CopyTo(Field(name.Length));
    }

    private Span<byte> Field(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_into[_at..], length);
        var field = _into.Slice(_at + sizeof(int), length);
        _at += sizeof(int) + length;
        return field;
    }
}
