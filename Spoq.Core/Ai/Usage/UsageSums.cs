namespace Spoq.Core.Ai.Usage;

/// <summary>Sums of the events of one account, key and model.</summary>
public abstract class UsageSums
{
    public Guid AccountId { get; private set; }

    /// <summary>All zero: called with access tokens.</summary>
    public Guid ApiKeyId { get; private set; }

    public string Model { get; private set; } = "";

    public long Requests { get; private set; }

    public long InputTokens { get; private set; }

    public long CachedInputTokens { get; private set; }

    public long CacheWriteTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long ReasoningTokens { get; private set; }

    public long CostMicrodollars { get; private set; }

    public long EstimatedRequests { get; private set; }
}

/// <summary>Of a day (UTC).</summary>
public sealed class UsageDay : UsageSums
{
    public DateOnly Day { get; private set; }
}

/// <summary>Of a month (UTC): always equal to the sum of its events.</summary>
public sealed class UsageMonth : UsageSums
{
    /// <summary>Its first day.</summary>
    public DateOnly Month { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }
}

/// <summary>A price that was used, kept so that every cost can be worked out again. Microdollars per million tokens.</summary>
public sealed class AiPrice
{
    public string Model { get; private set; } = "";

    public int Version { get; private set; }

    public long Input { get; private set; }

    public long CachedInput { get; private set; }

    public long CacheWrite { get; private set; }

    public long Output { get; private set; }

    public DateTimeOffset FirstUsedAt { get; private set; }
}

/// <summary>What the payment provider's meters are to hear of an account's day, and what they were told already.</summary>
public sealed class MeterReport
{
    public Guid AccountId { get; private set; }

    public DateOnly Day { get; private set; }

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    /// <summary>Told so far; with the totals it makes the identifier by which a repeated report is known as one.</summary>
    public long ReportedInputTokens { get; private set; }

    public long ReportedOutputTokens { get; private set; }

    /// <summary>Null: nothing new since the last report.</summary>
    public DateTimeOffset? DueAt { get; private set; }
}
