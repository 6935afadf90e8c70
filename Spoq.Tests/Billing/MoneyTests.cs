using Spoq.Core.Billing;

namespace Spoq.Tests.Billing;

public sealed class MoneyTests
{
    [Theory]
    [InlineData(1500, "usd", "$15")]
    [InlineData(15000, "usd", "$150")]
    [InlineData(1550, "usd", "$15.50")]
    [InlineData(5, "usd", "$0.05")]
    [InlineData(-1500, "usd", "-$15")]
    [InlineData(123456789, "eur", "€1,234,567.89")]
    [InlineData(1500, "jpy", "¥1,500")]
    [InlineData(1500, "chf", "15 CHF")]
    [InlineData(0, "usd", "$0")]
    public void Money_reads_the_way_people_write_it(long minorUnits, string currency, string text) =>
        Assert.Equal(text, new Money(minorUnits, currency).ToString());
}
