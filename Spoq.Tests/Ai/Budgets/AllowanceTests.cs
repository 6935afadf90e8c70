using Spoq.Core.Ai.Usage;
using Spoq.Core.Billing;

namespace Spoq.Tests.Ai.Budgets;

public sealed class AllowanceTests
{
    private static readonly TokenPrice s_basic = new(3_000, 15_000);

    [Fact]
    public void Without_a_plan_every_microdollar_of_the_models_price_counts_against_the_cap() =>
        Assert.Equal((300, 700), (new Allowance(1000, 0, null, new Expense(40, 10, 300)).Overage, new Allowance(1000, 0, null, new Expense(40, 10, 300)).CapLeft));

    [Fact]
    public void With_a_plan_the_cap_counts_what_is_billed_whatever_the_models_own_price_is()
    {
        var cheap = new Allowance(100_000, 0, s_basic, new Expense(1_000, 1_000, 5));

        Assert.Equal(3_000 + 15_000, cheap.Overage);
        Assert.Equal(cheap.Overage, (cheap with { Used = cheap.Used with { Cost = 90_000_000 } }).Overage);
        Assert.Equal(3, new Expense(1, 0, 0).At(s_basic));
    }

    [Fact]
    public void Included_tokens_cost_nothing_and_those_beyond_count_by_their_share()
    {
        Assert.Equal(0, new Allowance(1000, 100, null, new Expense(50, 50, 5000)).Overage);
        Assert.Equal(1000, new Allowance(1000, 100, null, new Expense(150, 50, 2000)).Overage);
        Assert.Equal(0, new Allowance(1000, 100, null, new Expense(150, 50, 2000)).CapLeft);
        Assert.Equal(34, new Allowance(0, 2, null, new Expense(3, 0, 100)).Overage);
    }

    [Fact]
    public void A_cap_of_nothing_lets_exactly_the_included_tokens_be_used()
    {
        var allowance = new Allowance(0, 1000, s_basic, new Expense(300, 200, 0));

        Assert.True(allowance.Covers(new Expense(250, 250, 99_000_000)));
        Assert.False(allowance.Covers(new Expense(250, 251, 0)));
        Assert.False(allowance.IsUsedUp);
        Assert.True((allowance with { Used = new Expense(500, 500, 0) }).IsUsedUp);
    }

    [Fact]
    public void More_is_never_billed_less()
    {
        var random = new Random(5);
        for (var round = 0; round < 10_000; round++)
        {
            var one = new Allowance(0, random.Next(3) * 1000, s_basic, new Expense(random.Next(3000), random.Next(3000), 0));
            var more = one with { Used = one.Used + new Expense(random.Next(50), random.Next(50), 0) };

            Assert.True(more.Overage >= one.Overage, $"{one} {more}");
        }
    }

    [Fact]
    public void No_figure_overflows() =>
        Assert.Equal(0, new Allowance(long.MaxValue, 0, s_basic, new Expense(long.MaxValue / 4, long.MaxValue / 4, long.MaxValue)).CapLeft);

    [Fact]
    public void The_forecast_goes_on_as_the_month_began()
    {
        Assert.Null(UsageForecast.At(100, new DateTimeOffset(2026, 4, 1, 12, 0, 0, TimeSpan.Zero)));
        Assert.Equal(new Expense(300, 30, 3), UsageForecast.At(new Expense(100, 10, 1), new DateTimeOffset(2026, 4, 11, 0, 0, 0, TimeSpan.Zero)));
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
