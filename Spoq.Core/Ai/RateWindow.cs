namespace Spoq.Core.Ai;

/// <summary>So many a minute; a quiet minute's worth may be taken at once (ITU-T I.371, the generic cell rate algorithm).</summary>
/// <param name="PerMinute">At least 1.</param>
public readonly record struct RatePerMinute(long PerMinute)
{
    private static readonly long s_window = TimeSpan.FromMinutes(1).Ticks;

    /// <summary>How far the bucket's one number, the time when all is free again, moves for so many.</summary>
    public long Cost(long count) => (long)((Int128)count * s_window / PerMinute);

    /// <param name="fullAt">When the bucket is empty again, in ticks.</param>
    /// <param name="now">In ticks.</param>
    /// <param name="count">How many; more than a minute's worth is let in when nothing else was taken.</param>
    /// <returns>The new number, or how long to wait.</returns>
    public (long FullAt, TimeSpan? Wait) Take(long fullAt, long now, long count)
    {
        var start = Math.Max(fullAt, now);
        var cost = Cost(count);
        var over = start + Math.Min(cost, s_window) - now - s_window;
        return over > 0 ? (fullAt, TimeSpan.FromTicks(over)) : (start + cost, null);
    }

    /// <summary>How many may be taken at once.</summary>
    public long Left(long fullAt, long now) => (long)((Int128)Math.Max(0, s_window - Math.Max(0, fullAt - now)) * PerMinute / s_window);
}
