namespace Spoq.Core.Ai.Usage;

/// <summary>One call of an upstream. Never changed, never counted twice: the request's id is its key.</summary>
public sealed class UsageEvent
{
    public DateTimeOffset StartedAt { get; private set; }

    public Guid RequestId { get; private set; }

    public Guid AccountId { get; private set; }

    /// <summary>All zero: called with an access token.</summary>
    public Guid ApiKeyId { get; private set; }

    public string Model { get; private set; } = "";

    public string Upstream { get; private set; } = "";

    public int PriceVersion { get; private set; }

    public long InputTokens { get; private set; }

    public long CachedInputTokens { get; private set; }

    public long CacheWriteTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long ReasoningTokens { get; private set; }

    public long CostMicrodollars { get; private set; }

    public long LatencyMicroseconds { get; private set; }

    /// <summary>What the client was answered; 0: the process died before the end.</summary>
    public int Status { get; private set; }

    /// <summary>The upstream told no usage: the counts are ours.</summary>
    public bool IsEstimated { get; private set; }

    public bool IsInterrupted { get; private set; }
}
