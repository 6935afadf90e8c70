using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>A call that is under way. Exactly one of <see cref="End"/> and <see cref="Abandon"/> counts: the first.</summary>
public sealed class MeteredCall
{
    private readonly UsageSpool _spool;
    private readonly int _slot;
    private int _over;

    internal MeteredCall(Guid requestId, UsageSpool spool, int slot)
    {
        RequestId = requestId;
        _spool = spool;
        _slot = slot;
    }

    public Guid RequestId { get; }

    /// <summary>One plain store: what is charged if this process dies before the end. Not to be called after the end.</summary>
    public void Produced(long outputTokensSoFar)
    {
        if (Volatile.Read(ref _over) == 0)
        {
            _spool.Produced(_slot, Math.Clamp(outputTokensSoFar, 0, UsageRecord.Most));
        }
    }

    /// <param name="usage">What is charged.</param>
    /// <param name="estimated">No usage came from the upstream: the counts are ours.</param>
    /// <param name="status">What the client was answered.</param>
    /// <param name="latency">From the question to the end of the answer.</param>
    public void End(in TokenUsage usage, bool estimated, int status, TimeSpan latency)
    {
        if (Interlocked.Exchange(ref _over, 1) != 0)
        {
            return;
        }

        var record = _spool.Read(_slot);
        record.Count(usage);
        record.Flags = estimated ? RecordFlags.Estimated : RecordFlags.None;
        record.Status = status;
        record.Latency = Math.Max(0, latency.Ticks / TimeSpan.TicksPerMicrosecond);
        _spool.End(_slot, record);
    }

    /// <summary>The upstream was never asked, or refused: there is nothing to charge.</summary>
    public void Abandon()
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            _spool.Abandon(_slot);
        }
    }
}
