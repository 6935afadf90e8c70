namespace Spoq.Core.Ai.Usage;

/// <summary>Where a month is heading if it goes on as it went so far.</summary>
public static class UsageForecast
{
    /// <inheritdoc cref="At(long, DateTimeOffset)"/>
    public static Expense? At(in Expense used, DateTimeOffset now) =>
        (At(used.Input, now), At(used.Output, now), At(used.Cost, now)) is ({ } input, { } output, { } cost) ? new Expense(input, output, cost) : null;

    /// <param name="used">Tokens or microdollars since the first of the month (UTC).</param>
    /// <returns>At the month's end; null: the month is too young to say.</returns>
    public static long? At(long used, DateTimeOffset now)
    {
        var first = new DateTimeOffset(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var passed = (now - first).Ticks;
        return passed < TimeSpan.TicksPerDay ? null : (long)Int128.Min((Int128)used * (first.AddMonths(1) - first).Ticks / passed, long.MaxValue);
    }
}
