using Spoq.Core.Billing;

namespace Spoq.Tests.Billing;

public sealed class SubscriptionTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static Subscription NewSubscription(BillingInterval interval = BillingInterval.Month) =>
        new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "cloud", interval, s_start);

    [Fact]
    public void A_month_is_a_calendar_month_and_a_year_a_calendar_year()
    {
        Assert.Equal(new DateTimeOffset(2026, 2, 28, 12, 0, 0, TimeSpan.Zero), NewSubscription().PaidUntil);
        Assert.Equal(s_start.AddYears(1), NewSubscription(BillingInterval.Year).PaidUntil);
    }

    [Fact]
    public void What_is_paid_is_active() => Assert.Equal(Standing.Active, NewSubscription().Standing);

    [Fact]
    public void What_was_undone_has_no_grace()
    {
        var subscription = NewSubscription();

        subscription.Undo(s_start.AddHours(1));

        Assert.Equal(Standing.Terminated, subscription.Standing);
    }
}
