using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>A call that is under way. Exactly one of <see cref="End"/> and <see cref="Abandon"/> counts: the first.</summary>
public sealed class MeteredCall
{
    private const int UnderWay = 0;
    private const int Noting = 1;
    private const int Over = 2;

    private readonly UsageSpool _spool;
    private readonly int _slot;
    private readonly long _promptTokens;
    private readonly ModelPrice _price;
    private int _state;

    internal MeteredCall(Guid requestId, UsageSpool spool, int slot, in CallFacts facts)
    {
        RequestId = requestId;
        _spool = spool;
        _slot = slot;
        _promptTokens = Math.Clamp(facts.PromptTokensEstimate, 0, UsageRecord.Most);
        _price = facts.Price;
    }

    public Guid RequestId { get; }

    /// <summary>
    /// The request has left for the upstream: if this process dies from now on, the prompt is charged; before, nothing is.
    /// May come late, from whoever wrote the request: after the end it does nothing.
    /// </summary>
    public void Asked()
    {
        if (Interlocked.CompareExchange(ref _state, Noting, UnderWay) == UnderWay)
        {
            _spool.Asked(_slot, _promptTokens);
            Volatile.Write(ref _state, UnderWay);
        }
    }

    /// <summary>One plain store: what is charged if this process dies before the end. Not to be called after the end.</summary>
    public void Produced(long outputTokensSoFar)
    {
        if (Volatile.Read(ref _state) != Over)
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
        if (!IsFirst())
        {
            return;
        }

        var record = _spool.Read(_slot);
        record.Count(usage, _price);
        record.Flags = estimated ? RecordFlags.Estimated : RecordFlags.None;
        record.Status = status;
        record.Latency = Math.Max(0, latency.Ticks / TimeSpan.TicksPerMicrosecond);
        _spool.End(_slot, record);
    }

    /// <summary>The upstream was never asked, or refused: there is nothing to charge.</summary>
    public void Abandon()
    {
        if (IsFirst())
        {
            _spool.Abandon(_slot);
        }
    }

    /// <summary>The slot is somebody else's after the end, so that a note that is being made is waited for: a store or two.</summary>
    private bool IsFirst()
    {
        var spin = default(SpinWait);
        int was;
        while ((was = Interlocked.CompareExchange(ref _state, Over, UnderWay)) == Noting)
        {
            spin.SpinOnce();
        }

        return was == UnderWay;
    }
}
