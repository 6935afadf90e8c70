namespace Spoq.Core.Ai.Usage;

/// <summary>Days (UTC) from the first to the last, both included.</summary>
public readonly record struct UsagePeriod(DateOnly From, DateOnly To)
{
    public const int MostDays = 366;

    public static UsagePeriod Month(DateOnly day)
    {
        var first = new DateOnly(day.Year, day.Month, 1);
        return new UsagePeriod(first, first.AddMonths(1).AddDays(-1));
    }

    /// <summary>What is left out is taken from this month.</summary>
    public static Result<UsagePeriod> Check(DateOnly? from, DateOnly? to, DateOnly today)
    {
        var period = (from, to) switch
        {
            (null, null) => new UsagePeriod(Month(today).From, today),
            ({ } first, null) => new UsagePeriod(first, first > today ? first : today.DayNumber - first.DayNumber >= MostDays ? first.AddDays(MostDays - 1) : today),
            (null, { } last) => new UsagePeriod(Month(last).From, last),
            ({ } first, { } last) => new UsagePeriod(first, last),
        };
        return period.To < period.From || period.To.DayNumber - period.From.DayNumber >= MostDays ? UsageRefusals.BadPeriod : period;
    }
}
