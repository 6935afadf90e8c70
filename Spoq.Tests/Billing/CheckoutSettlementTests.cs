using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Billing;

public sealed class CheckoutSettlementTests(BillingFixture fixture) : IClassFixture<BillingFixture>
{
    [Fact]
    public async Task A_payment_whose_webhook_never_comes_is_found()
    {
        var customer = await fixture.AddCustomerAsync();
        await fixture.PayAsync(customer, await fixture.BeginAsync(customer));

        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        await fixture.SweepAsync();

        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task A_day_without_webhooks_heals()
    {
        var payers = new List<Customer>();
        var walkers = new List<Customer>();
        for (var i = 0; i < 3; i++)
        {
            payers.Add(await fixture.AddCustomerAsync());
            await fixture.PayAsync(payers[^1], await fixture.BeginAsync(payers[^1]));
            walkers.Add(await fixture.AddCustomerAsync());
            await fixture.BeginAsync(walkers[^1]);
        }

        fixture.Line.Away = true;
        for (var hour = 0; hour < 24; hour++)
        {
            fixture.Clock.Advance(TimeSpan.FromHours(1));
            await fixture.SweepAsync();
        }

        fixture.Line.Away = false;
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        await fixture.SweepAsync();

        foreach (var payer in payers)
        {
            Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(payer));
        }

        foreach (var walker in walkers)
        {
            Assert.Equal("Draft, told 0,  | Expired", await fixture.StoryAsync(walker));
            Assert.All(await fixture.IntentsAsync(walker), intent => Assert.Null(intent.DueAt));
        }
    }

    [Fact]
    public async Task A_payment_for_a_plan_that_was_changed_meanwhile_goes_back()
    {
        var customer = await fixture.AddCustomerAsync();
        var cloud = await fixture.BeginAsync(customer);
        await fixture.PayAsync(customer, cloud);
        await fixture.ChooseAsync(customer, "vps-1");

        var vps = await fixture.BeginAsync(customer, "vps-1");
        await fixture.SweepAsync();

        var back = await fixture.IntentAsync(cloud);
        Assert.Equal(CheckoutState.Refunded, back.State);
        Assert.Equal("Another plan was chosen before the payment arrived.", back.RefundReason);
        Assert.True((await fixture.Provider.FindCheckoutAsync(BillingFixture.Session(cloud), CancellationToken.None))!.Refunded);
        Assert.Equal(CheckoutState.Open, (await fixture.IntentAsync(vps)).State);
        Assert.Equal("Draft, told 0,  | Open Refunded", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task A_payment_for_an_address_that_was_sold_meanwhile_goes_back()
    {
        var late = await fixture.AddCustomerAsync(address: "sold-meanwhile");
        var checkout = await fixture.BeginAsync(late);
        await fixture.PayAsync(late, checkout);
        var first = await fixture.AddCustomerAsync(address: "sold-meanwhile");
        await TakePaidAsync(await fixture.BeginAsync(first));

        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        await fixture.SweepAsync();

        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(first));
        Assert.Equal("Draft, told 0,  | Refunded", await fixture.StoryAsync(late));
        Assert.Equal("Your address went to somebody else before the payment arrived.", (await fixture.IntentAsync(checkout)).RefundReason);
    }

    [Fact]
    public async Task A_late_payment_does_not_take_the_address_from_who_holds_it_now()
    {
        var late = await fixture.AddCustomerAsync(address: "held-anew");
        var holder = await fixture.AddCustomerAsync(address: "held-anew");
        Assert.Null(await fixture.Get<AddressClaims>().HoldAsync(holder.AccountId, "held-anew", CancellationToken.None));

        await TakePaidAsync(await fixture.BeginAsync(late));
        await TakePaidAsync(await fixture.BeginAsync(holder));

        Assert.Equal("Draft, told 0,  | RefundDue", await fixture.StoryAsync(late));
        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(holder));
    }

    [Fact]
    public async Task A_payment_sent_back_at_the_provider_ends_the_building()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);
        await TakePaidAsync(started);

        await fixture.Get<CheckoutSettlement>().TakeAsync(
            started.IntentId, new CheckoutFacts(BillingFixture.Session(started), CheckoutStanding.Paid, Refunded: true), CancellationToken.None);

        Assert.Equal("Cancelling, told 1, Terminated | Refunded", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task The_refund_of_a_second_payment_leaves_the_computer_alone()
    {
        var customer = await fixture.AddCustomerAsync();
        var first = await fixture.BeginAsync(customer);
        var second = await fixture.BeginAsync(customer, interval: BillingInterval.Year);
        await TakePaidAsync(first);
        await TakePaidAsync(second);

        await fixture.Get<CheckoutSettlement>().TakeAsync(
            second.IntentId, new CheckoutFacts(BillingFixture.Session(second), CheckoutStanding.Paid, Refunded: true), CancellationToken.None);

        Assert.Equal("Provisioning, told 1, Active | Paid Refunded", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task Of_two_payments_one_is_kept_and_the_other_goes_back()
    {
        var customer = await fixture.AddCustomerAsync();
        var first = await fixture.BeginAsync(customer);
        var second = await fixture.BeginAsync(customer, interval: BillingInterval.Year);

        // A payment provider that takes the money although it was told not to.
        await Task.WhenAll(TakePaidAsync(first), TakePaidAsync(second));

        Assert.Equal("Provisioning, told 1, Active | Paid RefundDue", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task A_checkout_that_stayed_open_beside_a_late_payment_becomes_unpayable()
    {
        var customer = await fixture.AddCustomerAsync();
        var first = await fixture.BeginAsync(customer);
        var second = await fixture.BeginAsync(customer, interval: BillingInterval.Year);
        await TakePaidAsync(first);

        await fixture.SweepAsync();

        Assert.Equal("Provisioning, told 1, Active | Paid Replaced", await fixture.StoryAsync(customer));
        Assert.Equal(CheckoutStanding.Expired, (await fixture.Provider.FindCheckoutAsync(BillingFixture.Session(second), CancellationToken.None))!.Standing);
    }

    [Fact]
    public async Task A_refund_is_tried_until_it_has_gone_through_and_happens_once()
    {
        var customer = await PaidAsync();
        fixture.Line.Away = true;
        Assert.Equal(BillingRefusals.RefundUnderWay, await fixture.Checkouts.RefundAsync(customer.InstanceId, CancellationToken.None));
        fixture.Line.Away = false;
        fixture.Line.LosesAnswers = true;
        Assert.Equal(BillingRefusals.RefundUnderWay, await fixture.Checkouts.RefundAsync(customer.InstanceId, CancellationToken.None));
        fixture.Line.LosesAnswers = false;

        fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        await fixture.SweepAsync();

        Assert.Equal("Cancelling, told 1, Terminated | Refunded", await fixture.StoryAsync(customer));
        Assert.Null(await fixture.Checkouts.RefundAsync(customer.InstanceId, CancellationToken.None));
        await using var db = fixture.NewContext();
        Assert.False(await CheckoutService.IsPaidAsync(db, customer.InstanceId, CancellationToken.None));
    }

    [Fact]
    public async Task A_refund_asked_for_ten_times_at_once_is_one()
    {
        var customer = await PaidAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => fixture.Checkouts.RefundAsync(customer.InstanceId, CancellationToken.None)));

        Assert.All(answers, Assert.Null);
        Assert.Equal("Cancelling, told 1, Terminated | Refunded", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task Nothing_paid_is_nothing_to_refund()
    {
        var customer = await fixture.AddCustomerAsync();
        await fixture.BeginAsync(customer);

        Assert.Null(await fixture.Checkouts.RefundAsync(customer.InstanceId, CancellationToken.None));
    }

    [Fact]
    public async Task A_worker_that_outlived_its_lease_settles_nothing()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);
        fixture.Clock.Advance(TimeSpan.FromSeconds(16));
        var queue = new DueQueue(fixture.Get<NpgsqlDataSource>(), "checkout_intents");
        var late = (await queue.ClaimAsync(100, fixture.Clock.Now, TimeSpan.FromSeconds(1), CancellationToken.None)).Single(claim => claim.Id == started.IntentId);
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await queue.ClaimAsync(100, fixture.Clock.Now, TimeSpan.FromSeconds(1), CancellationToken.None);

        var facts = new CheckoutFacts(BillingFixture.Session(started), CheckoutStanding.Paid);
        await fixture.Get<CheckoutSettlement>().FinishVisitAsync(late, facts, null, CancellationToken.None);

        Assert.Equal("Draft, told 0,  | Open", await fixture.StoryAsync(customer));
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Two_nodes_settle_a_payment_once()
    {
        var other = fixture.NewNode();
        var customers = new List<Customer>();
        for (var i = 0; i < 6; i++)
        {
            customers.Add(await fixture.AddCustomerAsync());
            await fixture.PayAsync(customers[^1], await fixture.BeginAsync(customers[^1]));
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        await Task.WhenAll(fixture.SweepAsync(), other.GetRequiredService<CheckoutWorker>().RunOnceAsync(CancellationToken.None), fixture.SweepAsync());

        foreach (var customer in customers)
        {
            Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
        }
    }

    [Fact]
    public async Task The_schema_itself_keeps_one_payment_an_instance()
    {
        var customer = await PaidAsync();
        await using var db = fixture.NewContext();
        db.Add(new CheckoutIntent(Guid.CreateVersion7(), customer.AccountId, customer.InstanceId, "cloud", BillingInterval.Month, 1500, "usd", fixture.Clock.Now));
        await db.SaveChangesAsync();

        var second = await Assert.ThrowsAsync<PostgresException>(() => db.Database.ExecuteSqlAsync($"update checkout_intents set state = 'paid' where instance_id = {customer.InstanceId}"));

        Assert.Equal("ux_checkout_intents_paid", second.ConstraintName);
    }

    private async Task TakePaidAsync(CheckoutStarted started) =>
        await fixture.Get<CheckoutSettlement>().TakeAsync(started.IntentId, new CheckoutFacts(BillingFixture.Session(started), CheckoutStanding.Paid), CancellationToken.None);

    private async Task<Customer> PaidAsync()
    {
        var customer = await fixture.AddCustomerAsync();
        await fixture.PayAsync(customer, await fixture.BeginAsync(customer));
        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        await fixture.SweepAsync();
        return customer;
    }
}
