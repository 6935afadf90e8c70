namespace Spoq.Core.Ai;

/// <summary>What a model costs, in microdollars (a millionth of a dollar) for a million tokens. Reasoning costs what output costs.</summary>
/// <param name="CacheWrite">What is written to the upstream's cache, for five minutes where it knows several terms.</param>
/// <param name="Version">Identifies the price: made of its figures by <see cref="Of"/>, so that two prices never share one.</param>
public sealed record ModelPrice(int Version, long Input, long CachedInput, long CacheWrite, long Output)
{
    private const long Million = 1_000_000;

    /// <summary>What is written to the cache for an hour.</summary>
    public long CacheWriteForHour { get; init; } = CacheWrite;

    /// <param name="cacheWriteForHour">Null: what other writes cost.</param>
    public static ModelPrice Of(long input, long cachedInput, long cacheWrite, long output, long? cacheWriteForHour = null)
    {
        var forHour = cacheWriteForHour ?? cacheWrite;
        ReadOnlySpan<long> figures = forHour == cacheWrite ? [input, cachedInput, cacheWrite, output] : [input, cachedInput, cacheWrite, output, forHour];

        // FNV-1a over the figures: the same in every process and for ever, because it stands in the books.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var figure in figures)
        {
            for (var shift = 0; shift < 64; shift += 8)
            {
                hash = (hash ^ (byte)(figure >> shift)) * 1_099_511_628_211UL;
            }
        }

        return new ModelPrice((int)((hash ^ (hash >> 32)) & int.MaxValue), input, cachedInput, cacheWrite, output) { CacheWriteForHour = forHour };
    }

    /// <summary>In microdollars, rounded up.</summary>
    public long Cost(in TokenUsage usage)
    {
        var forHour = Math.Clamp(usage.CacheWriteForHour, 0, usage.CacheWrite);
        var sum = ((Int128)usage.Input * Input) + ((Int128)usage.CachedInput * CachedInput)
            + ((Int128)(usage.CacheWrite - forHour) * CacheWrite) + ((Int128)forHour * CacheWriteForHour)
            + ((Int128)(usage.Output + usage.Reasoning) * Output);
        return (long)Int128.Min((sum + Million - 1) / Million, long.MaxValue);
    }
}
