namespace Spoq.Core.Ai;

/// <summary>What a model costs, in microdollars (a millionth of a dollar) for a million tokens. Reasoning costs what output costs.</summary>
/// <param name="Version">Identifies the price that was used.</param>
public sealed record ModelPrice(int Version, long Input, long CachedInput, long CacheWrite, long Output)
{
    private const long Million = 1_000_000;

    /// <summary>In microdollars, rounded up.</summary>
    public long Cost(in TokenUsage usage)
    {
        var sum = ((Int128)usage.Input * Input) + ((Int128)usage.CachedInput * CachedInput) + ((Int128)usage.CacheWrite * CacheWrite)
            + ((Int128)(usage.Output + usage.Reasoning) * Output);
        return (long)Int128.Min((sum + Million - 1) / Million, long.MaxValue);
    }
}
