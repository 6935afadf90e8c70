using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>A call that is under way. Exactly one of <see cref="End"/> and <see cref="Abandon"/> counts: the first.</summary>
public sealed class MeteredCall
{
    private int _over;

    internal MeteredCall(Guid requestId, in CallFacts facts)
    {
        RequestId = requestId;
        Facts = facts;
    }

    public Guid RequestId { get; }

    internal CallFacts Facts { get; }

    /// <summary>One plain store: what is charged if this process dies before the end.</summary>
    public void Produced(long outputTokensSoFar)
    {
    }

    /// <param name="estimated">No usage came from the upstream: the counts are ours.</param>
    public void End(in TokenUsage usage, bool estimated, int status, TimeSpan latency) => Interlocked.Exchange(ref _over, 1);

    /// <summary>The upstream was never asked, or refused: there is nothing to charge.</summary>
    public void Abandon() => Interlocked.Exchange(ref _over, 1);
}
