using Spoq.Core.Billing;

namespace Spoq.Tests.Billing;

public sealed class CheckoutIntentTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly CheckoutFacts s_open = new("cs_1", CheckoutStanding.Open);
    private static readonly CheckoutFacts s_paid = new("cs_1", CheckoutStanding.Paid, Total: new Money(1200, "usd"));
    private static readonly CheckoutFacts s_expired = new("cs_1", CheckoutStanding.Expired);

    private static CheckoutIntent NewIntent()
    {
        var intent = new CheckoutIntent(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "cloud", BillingInterval.Month, 1500, "usd", s_noon);
        intent.Opened(new CheckoutPage("cs_1", new Uri("https://pay.example/cs_1")), s_noon);
        return intent;
    }

    [Fact]
    public void A_payment_buys_once()
    {
        var intent = NewIntent();

        Assert.Equal(Settlement.Bought, intent.Take(s_paid, null, s_noon));
        Assert.Equal(Settlement.Nothing, intent.Take(s_paid, null, s_noon));
        Assert.Equal((CheckoutState.Paid, 1200L, null), (intent.State, intent.PaidAmount, intent.DueAt));
    }

    [Fact]
    public void Facts_that_come_late_undo_nothing()
    {
        var intent = NewIntent();
        intent.Take(s_paid, null, s_noon);

        Assert.Equal(Settlement.Nothing, intent.Take(s_open, null, s_noon));
        Assert.Equal(Settlement.Nothing, intent.Take(s_expired, null, s_noon));
        Assert.Equal(CheckoutState.Paid, intent.State);
    }

    [Fact]
    public void A_declined_card_leaves_it_open()
    {
        var intent = NewIntent();

        Assert.Equal(Settlement.Nothing, intent.Take(s_open with { DeclinedTries = 2 }, null, s_noon));
        Assert.Equal((CheckoutState.Open, 2), (intent.State, intent.DeclinedTries));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_payment_after_the_end_is_honoured_while_the_computer_is_wanted(bool expired)
    {
        var intent = NewIntent();
        if (expired)
        {
            intent.Take(s_expired, null, s_noon);
        }
        else
        {
            intent.Replace(s_noon);
        }

        Assert.Equal(Settlement.Bought, intent.Take(s_paid, null, s_noon));
        Assert.Null(intent.ClosedAt);
    }

    [Fact]
    public void A_payment_that_buys_nothing_goes_back_until_it_is_back()
    {
        var intent = NewIntent();
        intent.Replace(s_noon);

        Assert.Equal(Settlement.RefundOwed, intent.Take(s_paid, "Paid twice.", s_noon));
        Assert.Equal((CheckoutState.RefundDue, "Paid twice.", s_noon), (intent.State, intent.RefundReason, intent.DueAt!.Value));
        Assert.Equal(Settlement.Nothing, intent.Take(s_paid, null, s_noon));
        Assert.Equal(Settlement.Refunded, intent.Take(s_paid with { Refunded = true }, null, s_noon));
        Assert.Equal((CheckoutState.Refunded, null), (intent.State, intent.DueAt));
    }

    [Fact]
    public void Only_a_kept_payment_can_be_owed_back()
    {
        var intent = NewIntent();
        Assert.False(intent.OweRefund("Cancelled.", s_noon));

        intent.Take(s_paid, null, s_noon);

        Assert.True(intent.OweRefund("Cancelled.", s_noon));
        Assert.False(intent.OweRefund("Again.", s_noon));
        Assert.Equal("Cancelled.", intent.RefundReason);
    }

    [Fact]
    public void A_checkout_that_nobody_was_sent_to_ends_by_itself()
    {
        var intent = new CheckoutIntent(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "cloud", BillingInterval.Month, 1500, "usd", s_noon);

        Assert.Equal(Settlement.Nothing, intent.GiveUp(s_noon));
        Assert.Equal(Settlement.Closed, intent.GiveUp(s_noon + CheckoutIntent.Lifetime));
        Assert.Null(intent.DueAt);
    }

    [Fact]
    public void Looks_grow_rarer_and_one_falls_on_the_expiry()
    {
        var intent = NewIntent();
        var looks = new List<double>();
        while (intent.DueAt is { } due && due < s_noon + TimeSpan.FromHours(1))
        {
            looks.Add((due - s_noon).TotalSeconds);
            intent.Looked(Settlement.Nothing, null, due);
        }

        Assert.Equal([15, 30, 60, 120, 240, 480, 960, 1560, 1800, 2400, 3000], looks);
    }

    [Fact]
    public void A_payment_provider_that_asks_for_time_gets_it()
    {
        var intent = NewIntent();

        intent.Looked(Settlement.Nothing, TimeSpan.FromMinutes(3), s_noon);

        Assert.Equal(s_noon.AddMinutes(3), intent.DueAt);
    }

    [Theory]
    [InlineData("cloud", BillingInterval.Month, 1500, 0, true)]
    [InlineData("cloud", BillingInterval.Month, 1500, 29, false)]
    [InlineData("cloud", BillingInterval.Year, 1500, 0, false)]
    [InlineData("vps-1", BillingInterval.Month, 1500, 0, false)]
    [InlineData("cloud", BillingInterval.Month, 1600, 0, false)]
    public void Only_the_same_wish_in_time_gets_the_same_checkout(string plan, BillingInterval interval, long amount, int minutes, bool fits) =>
        Assert.Equal(fits, NewIntent().Fits(plan, interval, new Money(amount, "usd"), s_noon.AddMinutes(minutes)));
}
