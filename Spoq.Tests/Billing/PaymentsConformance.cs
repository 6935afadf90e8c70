using Spoq.Core.Billing;

namespace Spoq.Tests.Billing;

/// <summary>What every payment provider must hold, whoever it is.</summary>
public abstract class PaymentsConformance
{
    private protected abstract IPayments Payments { get; }

    private protected abstract DateTimeOffset Now { get; }

    /// <summary>The customer presses pay at the provider's page.</summary>
    private protected abstract Task CustomerPaysAsync(CheckoutOrder order, string reference);

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task The_same_intent_gets_the_same_checkout_however_often_it_is_asked_for()
    {
        var order = NewOrder();

        var pages = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Payments.CreateCheckoutAsync(order, None)));

        Assert.Single(pages.Distinct());
        Assert.NotEqual(pages[0].Reference, (await Payments.CreateCheckoutAsync(NewOrder(), None)).Reference);
    }

    [Fact]
    public async Task A_fresh_checkout_is_open_and_nothing_is_taken()
    {
        var page = await Payments.CreateCheckoutAsync(NewOrder(), None);

        var facts = await Payments.FindCheckoutAsync(page.Reference, None);

        Assert.Equal((CheckoutStanding.Open, null, false), (facts!.Standing, facts.Total, facts.Refunded));
    }

    [Fact]
    public async Task A_checkout_that_never_was_is_not_found() => Assert.Null(await Payments.FindCheckoutAsync("cs_that_never_was", None));

    [Fact]
    public async Task A_paid_checkout_tells_what_was_taken_and_what_renews_it()
    {
        var (order, reference) = await PaidAsync();

        var facts = await Payments.FindCheckoutAsync(reference, None);

        Assert.Equal((CheckoutStanding.Paid, order.Price, false), (facts!.Standing, facts.Total, facts.Refunded));
        Assert.NotNull(facts.Subscription);
        Assert.NotNull(facts.Customer);
    }

    [Fact]
    public async Task An_expired_checkout_cannot_be_paid()
    {
        var order = NewOrder();
        var page = await Payments.CreateCheckoutAsync(order, None);

        Assert.Equal(CheckoutStanding.Expired, (await Payments.ExpireCheckoutAsync(page.Reference, None)).Standing);
        Assert.Equal(CheckoutStanding.Expired, (await Payments.ExpireCheckoutAsync(page.Reference, None)).Standing);
        await CustomerPaysAsync(order, page.Reference);
        Assert.Equal(CheckoutStanding.Expired, (await Payments.FindCheckoutAsync(page.Reference, None))!.Standing);
    }

    [Fact]
    public async Task Expiring_what_is_paid_takes_nothing_away()
    {
        var (_, reference) = await PaidAsync();

        Assert.Equal(CheckoutStanding.Paid, (await Payments.ExpireCheckoutAsync(reference, None)).Standing);
    }

    [Fact]
    public async Task Paying_and_expiring_at_once_ends_in_one_of_the_two()
    {
        var order = NewOrder();
        var page = await Payments.CreateCheckoutAsync(order, None);

        var expired = Payments.ExpireCheckoutAsync(page.Reference, None);
        await Task.WhenAll(expired, CustomerPaysAsync(order, page.Reference));

        Assert.Equal((await expired).Standing, (await Payments.FindCheckoutAsync(page.Reference, None))!.Standing);
    }

    [Fact]
    public async Task A_payment_goes_back_once()
    {
        var (order, reference) = await PaidAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Payments.RefundAsync(reference, order.IntentId, None)));

        Assert.All(answers, Assert.True);
        Assert.True((await Payments.FindCheckoutAsync(reference, None))!.Refunded);
    }

    [Fact]
    public async Task What_was_not_paid_cannot_go_back()
    {
        var order = NewOrder();
        var page = await Payments.CreateCheckoutAsync(order, None);

        await Assert.ThrowsAsync<PaymentsException>(() => Payments.RefundAsync(page.Reference, order.IntentId, None));
        await Assert.ThrowsAsync<PaymentsException>(() => Payments.ExpireCheckoutAsync("cs_that_never_was", None));
    }

    [Fact]
    public async Task What_was_bought_is_paid_for_a_period_and_may_be_told_to_end_and_to_go_on_any_number_of_times()
    {
        var (_, reference) = await PaidAsync();
        var subscription = (await Payments.FindCheckoutAsync(reference, None))!.Subscription!;

        foreach (var isRenewed in (bool[])[false, false, true, true])
        {
            await Payments.SetRenewalAsync(subscription, isRenewed, None);
        }

        var facts = await Payments.FindSubscriptionAsync(subscription, None);
        Assert.Equal(RenewalStanding.Paid, facts!.Standing);
        Assert.InRange(facts.PaidUntil, Now.AddDays(27), Now.AddDays(32));
        Assert.Null(await Payments.FindSubscriptionAsync("sub_that_never_was", None));
        await Assert.ThrowsAsync<PaymentsException>(() => Payments.SetRenewalAsync("sub_that_never_was", false, None));
    }

    [Fact]
    public async Task Another_plan_is_renewed_however_often_that_is_told()
    {
        var (order, reference) = await PaidAsync();
        var subscription = (await Payments.FindCheckoutAsync(reference, None))!.Subscription!;
        var change = new PlanChange(subscription, "vps-2", "VPS 2", order.Interval, new Money(2600, "usd"), Now.AddDays(10));

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Payments.SetPlanAsync(change, None)));

        Assert.Equal(RenewalStanding.Paid, (await Payments.FindSubscriptionAsync(subscription, None))!.Standing);
        Assert.Equal(order.Price, (await Payments.FindCheckoutAsync(reference, None))!.Total);
        await Assert.ThrowsAsync<PaymentsException>(() => Payments.SetPlanAsync(change with { Subscription = "sub_that_never_was" }, None));
    }

    [Fact]
    public async Task One_more_period_is_collected_once_and_goes_back_once()
    {
        var (order, reference) = await PaidAsync();
        var before = (await Payments.FindCheckoutAsync(reference, None))!;
        var demand = new PaymentDemand(Guid.CreateVersion7(), order.AccountId, before.Customer, before.Subscription, order.PlanName, order.Interval, order.Price);

        var collected = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Payments.CollectAsync(demand, None)));

        Assert.True(Assert.Single(collected.Distinct()).IsPaid);
        var backs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Payments.RefundAsync(collected[0].Reference, demand.PaymentId, None)));
        Assert.All(backs, Assert.True);
        Assert.False((await Payments.FindCheckoutAsync(reference, None))!.Refunded);
    }

    private async Task<(CheckoutOrder Order, string Reference)> PaidAsync()
    {
        var order = NewOrder();
        var page = await Payments.CreateCheckoutAsync(order, None);
        await CustomerPaysAsync(order, page.Reference);
        return (order, page.Reference);
    }

    private CheckoutOrder NewOrder()
    {
        var intentId = Guid.CreateVersion7();
        return new CheckoutOrder(
            intentId, Guid.NewGuid(), Guid.NewGuid(), "alice@example.com", "Cloud", BillingInterval.Month, new Money(1500, "usd"), Now + CheckoutIntent.Lifetime,
            new Uri($"http://localhost:5080/setup?checkout={intentId}"), new Uri($"http://localhost:5080/setup?cancelled={intentId}"));
    }
}

public sealed class PretendPaymentsTests(BillingFixture fixture) : PaymentsConformance, IClassFixture<BillingFixture>
{
    private protected override IPayments Payments => fixture.Provider;

    private protected override DateTimeOffset Now => fixture.Clock.Now;

    private protected override Task CustomerPaysAsync(CheckoutOrder order, string reference) =>
        fixture.Provider.PayAsync(order.AccountId, reference, CancellationToken.None);
}
