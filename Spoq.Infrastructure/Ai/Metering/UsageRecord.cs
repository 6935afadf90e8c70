using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Metering;

[Flags]
internal enum RecordFlags
{
    None = 0,

    /// <summary>The counts are ours: the upstream told none.</summary>
    Estimated = 1,

    /// <summary>The process died in the middle of the call.</summary>
    Interrupted = 2,
}

/// <summary>
/// A call as it stands on the disk, under way or over: the same bytes for both, so that ending one is a copy. Changing
/// it means a new <see cref="SpoolFile.Format"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct UsageRecord
{
    public const int Size = 320;
    public const int ModelBytes = 96;
    public const int UpstreamBytes = 56;

    /// <summary>Beyond any real call; keeps the sums of a month within 64 bits whatever an upstream says.</summary>
    public const long Most = 1_000_000_000_000;

    /// <summary>0: not there (yet). Written last, so that half a record is none.</summary>
    public int State;
    public int PriceVersion;
    public Guid RequestId;
    public Guid AccountId;

    /// <summary>All zero: called with an access token.</summary>
    public Guid ApiKeyId;

    /// <summary>Microseconds since 1970, as PostgreSQL counts: half of the event's key.</summary>
    public long StartedAt;
    public long Latency;
    public long PriceInput;
    public long PriceCachedInput;
    public long PriceCacheWrite;
    public long PriceOutput;
    public long Input;
    public long CachedInput;
    public long CacheWrite;
    public long Output;
    public long Reasoning;
    public long Cost;
    public int Status;
    public RecordFlags Flags;
    public ModelName Model;
    public UpstreamName Upstream;

    /// <summary>Of all before it but the state. Of a call that is under way: as it was when it began.</summary>
    public ulong Seal;

    public readonly ModelPrice Price => new(PriceVersion, PriceInput, PriceCachedInput, PriceCacheWrite, PriceOutput);

    public readonly TokenUsage Usage => new(Input, CachedInput, CacheWrite, Output, Reasoning);

    public static UsageRecord Of(Guid requestId, long startedAt, in CallFacts facts)
    {
        var record = new UsageRecord
        {
            State = 1,
            RequestId = requestId,
            AccountId = facts.AccountId,
            ApiKeyId = facts.ApiKeyId ?? Guid.Empty,
            StartedAt = startedAt,
            PriceVersion = facts.Price.Version,
            PriceInput = facts.Price.Input,
            PriceCachedInput = facts.Price.CachedInput,
            PriceCacheWrite = facts.Price.CacheWrite,
            PriceOutput = facts.Price.Output,
        };
        Write(facts.Model, MemoryMarshal.AsBytes(new Span<ModelName>(ref record.Model)));
        Write(facts.Upstream, MemoryMarshal.AsBytes(new Span<UpstreamName>(ref record.Upstream)));
        return record;
    }

    /// <summary>Whole, as it was written: a loss of power may leave half of a record on the disk.</summary>
    public readonly bool IsSealed => Seal == SealOf(this);

    /// <summary>The same for a call under way, whose counts are stored without a new seal.</summary>
    public readonly bool WasSealed
    {
        get
        {
            var begun = this;
            (begun.Input, begun.CachedInput, begun.CacheWrite, begun.Output, begun.Reasoning) = (0, 0, 0, 0, 0);
            return begun.IsSealed;
        }
    }

    public void Close() => Seal = SealOf(this);

    /// <param name="price">With what has no room in a record, such as terms of a cache; null: what stands here.</param>
    public void Count(in TokenUsage usage, ModelPrice? price = null)
    {
        (Input, CachedInput, CacheWrite) = (Within(usage.Input), Within(usage.CachedInput), Within(usage.CacheWrite));
        (Output, Reasoning) = (Within(usage.Output), Within(usage.Reasoning));
        Cost = Within((price ?? Price).Cost(Usage with { CacheWriteForHour = Within(usage.CacheWriteForHour) }));
    }

    public static string Read<T>(in T name)
        where T : struct
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in name));
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static ulong SealOf(in UsageRecord record)
    {
        var whole = record;
        (whole.State, whole.Seal) = (0, 0);
        var (low, high) = (0x5350u, 0x4F51u);
        foreach (var word in MemoryMarshal.Cast<UsageRecord, ulong>(new ReadOnlySpan<UsageRecord>(in whole)))
        {
            low = BitOperations.Crc32C(low, word);
            high = BitOperations.Crc32C(high, BitOperations.RotateLeft(word, 29));
        }

        return ((ulong)high << 32) | low;
    }

    private static long Within(long count) => Math.Clamp(count, 0, Most);

    private static void Write(string name, Span<byte> room)
    {
        // PostgreSQL takes no NUL in a text, and one bad name must never hold up the others.
        Encoding.UTF8.TryGetBytes(name.Contains('\0', StringComparison.Ordinal) ? name.Replace('\0', '?') : name, room, out var written);
        room[written..].Clear();
    }
}

[InlineArray(UsageRecord.ModelBytes)]
internal struct ModelName
{
    private byte _first;
}

[InlineArray(UsageRecord.UpstreamBytes)]
internal struct UpstreamName
{
    private byte _first;
}
