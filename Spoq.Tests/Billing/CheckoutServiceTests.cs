using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;

namespace Spoq.Tests.Billing;

public sealed class CheckoutServiceTests(BillingFixture fixture) : IClassFixture<BillingFixture>
{
    [Fact]
    public async Task Fifty_clicks_at_once_open_one_checkout()
    {
        var customer = await fixture.AddCustomerAsync();

        var begun = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => fixture.BeginAsync(customer)));

        Assert.Single(begun.Distinct());
        Assert.Single(await fixture.IntentsAsync(customer));
        await using var db = fixture.NewContext();
        Assert.Equal(1, await db.Set<PretendCheckout>().CountAsync(session => session.AccountId == customer.AccountId));
    }

    [Fact]
    public async Task Another_interval_replaces_the_checkout_and_the_old_page_cannot_be_paid()
    {
        var customer = await fixture.AddCustomerAsync();
        var monthly = await fixture.BeginAsync(customer);

        var yearly = await fixture.BeginAsync(customer, interval: BillingInterval.Year);
        await fixture.PayAsync(customer, monthly);
        await fixture.SweepAsync();

        Assert.NotEqual(monthly.Url, yearly.Url);
        Assert.Equal((15000, CheckoutState.Open), ((await fixture.IntentAsync(yearly)).Amount, (await fixture.IntentAsync(yearly)).State));
        Assert.Equal(CheckoutState.Replaced, (await fixture.IntentAsync(monthly)).State);
    }

    [Fact]
    public async Task Two_tabs_that_want_different_things_at_once_leave_one_open_checkout()
    {
        var customer = await fixture.AddCustomerAsync();

        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => fixture.Checkouts.BeginAsync(
            customer.AccountId, new CheckoutRequest(customer.InstanceId, "cloud", i % 2 == 0 ? BillingInterval.Month : BillingInterval.Year), CancellationToken.None)));

        await using var db = fixture.NewContext();
        var open = Assert.Single(await fixture.IntentsAsync(customer), intent => intent.State == CheckoutState.Open);
        var payable = await db.Set<PretendCheckout>().Where(session => session.AccountId == customer.AccountId && session.ExpiredAt == null).ToListAsync();
        Assert.Equal([open.Reference], payable.Select(session => session.Id));
    }

    [Fact]
    public async Task A_checkout_that_somebody_was_sent_to_pay_is_not_replaced_before_it_is_unpayable()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);

        await fixture.Get<CheckoutSettlement>().ReplaceAsync(started.IntentId, null, CancellationToken.None);

        Assert.Equal(CheckoutState.Open, Assert.Single(await fixture.IntentsAsync(customer)).State);
    }

    [Fact]
    public async Task Who_loses_to_another_tab_again_and_again_is_told_so()
    {
        var customer = await fixture.AddCustomerAsync();
        fixture.Line.DuringCreate = order => fixture.Get<CheckoutSettlement>().ReplaceAsync(order.IntentId, null, CancellationToken.None);

        var refusal = await RefusedAsync(customer);
        fixture.Line.DuringCreate = _ => Task.CompletedTask;

        Assert.Equal(BillingRefusals.PlanChanged, refusal);
        await using var db = fixture.NewContext();
        Assert.False(await db.Set<PretendCheckout>().AnyAsync(session => session.AccountId == customer.AccountId && session.ExpiredAt == null));
    }

    [Fact]
    public async Task A_checkout_about_to_expire_is_not_handed_out_again()
    {
        var customer = await fixture.AddCustomerAsync();
        var first = await fixture.BeginAsync(customer);

        fixture.Clock.Advance(CheckoutIntent.Lifetime - TimeSpan.FromMinutes(1));

        Assert.NotEqual(first.IntentId, (await fixture.BeginAsync(customer)).IntentId);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_and_opens_no_second_checkout()
    {
        var customer = await fixture.AddCustomerAsync();
        fixture.Line.LosesAnswers = true;
        var lost = await fixture.Checkouts.BeginAsync(customer.AccountId, new CheckoutRequest(customer.InstanceId, "cloud", BillingInterval.Month), CancellationToken.None);
        fixture.Line.LosesAnswers = false;

        Assert.False(lost.Try(out _, out var no));
        Assert.Equal(BillingRefusals.PaymentsAway, no);
        await fixture.BeginAsync(customer);

        Assert.Single(await fixture.IntentsAsync(customer));
        await using var db = fixture.NewContext();
        Assert.Equal(1, await db.Set<PretendCheckout>().CountAsync(session => session.AccountId == customer.AccountId));
    }

    [Theory]
    [InlineData("submarine", BillingInterval.Month, "unknown_plan")]
    [InlineData("vps-1", BillingInterval.Year, "interval_not_sold")]
    [InlineData("vps-1", BillingInterval.Month, "plan_changed")]
    public async Task What_is_not_sold_is_refused_with_a_reason(string plan, BillingInterval interval, string code)
    {
        var customer = await fixture.AddCustomerAsync();

        Assert.Equal(code, (await RefusedAsync(customer, plan, interval)).Code);
        Assert.Empty(await fixture.IntentsAsync(customer));
    }

    [Fact]
    public async Task Another_accounts_computer_looks_like_a_missing_one()
    {
        var customer = await fixture.AddCustomerAsync();
        var stranger = await fixture.AddCustomerAsync();
        await fixture.BeginAsync(customer);

        Assert.Equal(BillingRefusals.InstanceNotFound, await RefusedAsync(stranger with { InstanceId = customer.InstanceId }));
        Assert.Equal(BillingRefusals.InstanceNotFound, await RefusedAsync(stranger with { InstanceId = Guid.NewGuid() }));
        Assert.Null(await fixture.Checkouts.FindForInstanceAsync(stranger.AccountId, customer.InstanceId, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_paid_cannot_be_paid_again()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);
        await fixture.PayAsync(customer, started);

        // The webhook is still on its way, and another interval is wanted: the payment is found and kept.
        Assert.Equal(BillingRefusals.AlreadyPaid, await RefusedAsync(customer, "cloud", BillingInterval.Year));

        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
        Assert.Equal(BillingRefusals.AlreadyPaid, await RefusedAsync(customer));
    }

    [Fact]
    public async Task Looking_at_the_success_page_buys_nothing()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);

        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        await fixture.SweepAsync();

        Assert.Equal(CheckoutState.Open, (await fixture.Checkouts.FindForInstanceAsync(customer.AccountId, customer.InstanceId, CancellationToken.None))!.State);
        Assert.Equal("Draft, told 0,  | Open", await fixture.StoryAsync(customer));
        Assert.Equal(started.IntentId, (await fixture.BeginAsync(customer)).IntentId);
    }

    private async Task<Refusal> RefusedAsync(Customer customer, string plan = "cloud", BillingInterval interval = BillingInterval.Month)
    {
        var begun = await fixture.Checkouts.BeginAsync(customer.AccountId, new CheckoutRequest(customer.InstanceId, plan, interval), CancellationToken.None);
        Assert.False(begun.Try(out _, out var no));
        return no;
    }
}
