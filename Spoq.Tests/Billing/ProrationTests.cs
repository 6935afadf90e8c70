using Spoq.Core.Billing;

namespace Spoq.Tests.Billing;

public sealed class ProrationTests
{
    private static readonly DateTimeOffset s_start = new(2026, 4, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_end = s_start.AddDays(30);

    [Theory]
    [InlineData(2000, 2600, 0, 600)]
    [InlineData(2000, 2600, 15, 300)]
    [InlineData(2600, 2000, 15, -300)]
    [InlineData(2000, 2600, 29, 20)]
    [InlineData(2000, 2600, 30, 0)]
    [InlineData(2000, 2600, 45, 0)]
    [InlineData(2000, 2000, 3, 0)]
    public void What_is_left_of_the_period_is_paid_at_the_new_price(long from, long to, int days, long expected) =>
        Assert.Equal(new Money(expected, "usd"), Proration.Of(new Money(from, "usd"), new Money(to, "usd"), s_start, s_end, s_start.AddDays(days)));

    [Fact]
    public void Half_a_cent_is_a_cent_and_seconds_count()
    {
        Assert.Equal(1, Proration.Of(new Money(0, "usd"), new Money(1, "usd"), s_start, s_end, s_start.AddDays(15)).MinorUnits);
        Assert.Equal(0, Proration.Of(new Money(0, "usd"), new Money(1, "usd"), s_start, s_end, s_start.AddDays(15).AddSeconds(1)).MinorUnits);
    }
}
