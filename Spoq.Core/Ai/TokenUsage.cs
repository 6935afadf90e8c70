namespace Spoq.Core.Ai;

/// <summary>
/// What one call used, every class apart so that each can have its price: <paramref name="Input"/> excludes what was
/// read from or written to the upstream's cache, <paramref name="Output"/> excludes <paramref name="Reasoning"/>.
/// </summary>
public readonly record struct TokenUsage(long Input, long CachedInput, long CacheWrite, long Output, long Reasoning)
{
    /// <summary>How many of <see cref="CacheWrite"/> are to be kept for an hour, which costs more than five minutes.</summary>
    public long CacheWriteForHour { get; init; }

    public long Total => Input + CachedInput + CacheWrite + Output + Reasoning;
}
