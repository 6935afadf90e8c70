using Spoq.Core.Ai.Usage;

namespace Spoq.Tests.Ai.Budgets;

public sealed class AllowanceTests
{
    [Fact]
    public void Without_included_tokens_every_microdollar_counts_against_the_cap() =>
        Assert.Equal((300, 700), (new Allowance(1000, 0, 50, 300).Overage, new Allowance(1000, 0, 50, 300).Left));

    [Fact]
    public void Included_tokens_cost_nothing_and_those_beyond_count_by_their_share()
    {
        Assert.Equal(0, new Allowance(1000, 100, 100, 5000).Overage);
        Assert.Equal(1000, new Allowance(1000, 100, 200, 2000).Overage);
        Assert.Equal(0, new Allowance(1000, 100, 200, 2000).CapLeft);
        Assert.Equal(34, new Allowance(0, 2, 3, 100).Overage);
    }

    [Fact]
    public void A_cap_of_nothing_still_lets_the_included_tokens_be_used()
    {
        Assert.True(new Allowance(0, 1000, 0, 0).Left > 0);
        Assert.Equal(500 * 20, new Allowance(0, 1000, 500, 10_000).Left);
        Assert.True(new Allowance(0, 1000, 1001, 10_000).Left < 0);
    }

    [Fact]
    public void No_figure_overflows() =>
        Assert.True(new Allowance(long.MaxValue, long.MaxValue, 1, long.MaxValue).Left > 0);

    [Fact]
    public void The_forecast_goes_on_as_the_month_began()
    {
        Assert.Null(UsageForecast.At(100, new DateTimeOffset(2026, 4, 1, 12, 0, 0, TimeSpan.Zero)));
        Assert.Equal(300, UsageForecast.At(100, new DateTimeOffset(2026, 4, 11, 0, 0, 0, TimeSpan.Zero)));
    }

    [Theory]
    [InlineData(null, null, "2026-03-01", "2026-03-10")]
    [InlineData("2026-02-10", null, "2026-02-10", "2026-03-10")]
    [InlineData(null, "2026-02-10", "2026-02-01", "2026-02-10")]
    [InlineData("2026-03-12", null, "2026-03-12", "2026-03-12")]
    public void What_is_left_out_of_a_period_is_this_month(string? from, string? to, string first, string last)
    {
        Assert.True(UsagePeriod.Check(Day(from), Day(to), new DateOnly(2026, 3, 10)).Try(out var period, out _));
        Assert.Equal(new UsagePeriod(Day(first)!.Value, Day(last)!.Value), period);
    }

    [Fact]
    public void A_period_that_ends_before_it_begins_or_is_longer_than_a_year_is_refused()
    {
        Assert.False(UsagePeriod.Check(Day("2026-03-02"), Day("2026-03-01"), default).Try(out _, out _));
        Assert.False(UsagePeriod.Check(Day("2025-01-01"), Day("2026-03-01"), default).Try(out _, out _));
    }

    private static DateOnly? Day(string? text) => text is null ? null : DateOnly.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
