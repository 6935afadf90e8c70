using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Billing;

/// <summary>L1: the ladder moves at day 7 and day 37, once, also when we were down; nothing is lost sooner than was told.</summary>
public sealed class LadderTests(BillingFixture world) : IClassFixture<BillingFixture>, IAsyncLifetime
{
    private DateTimeOffset Now => world.Clock.Now;

    [Fact]
    public async Task The_ladder_moves_on_day_7_and_day_37_and_mails_a_day_before_each_loss()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        Assert.Null(await world.CancelAsync(customer));

        await world.AtAsync(start.AddDays(6).AddSeconds(-1));
        Assert.Equal(["Cancelled: it"], await world.SubjectsAsync(customer));
        await world.AtAsync(start.AddDays(6));
        await world.AtAsync(start.AddDays(7).AddSeconds(-1));
        Assert.Equal(["Cancelled: it", "it stops tomorrow"], await world.SubjectsAsync(customer));
        Assert.Equal((Standing.Cancelled, InstanceState.Running), await world.StateAsync(customer));

        await world.AtAsync(start.AddDays(7));
        Assert.Equal((Standing.Paused, InstanceState.Stopping), await world.StateAsync(customer));
        await world.ArriveAsync(customer);

        await world.AtAsync(start.AddDays(36));
        await world.AtAsync(start.AddDays(37).AddSeconds(-1));
        Assert.Equal((Standing.Paused, InstanceState.Stopped), await world.StateAsync(customer));

        await world.AtAsync(start.AddDays(37));
        await world.AtAsync(start.AddDays(400));
        Assert.Equal((Standing.Terminated, InstanceState.Deleting), await world.StateAsync(customer));
        var deleted = $"it will be deleted on {start.AddDays(37):d MMMM yyyy, HH:mm} UTC";
        Assert.Equal(["Cancelled: it", "it stops tomorrow", "it is stopped, its data is kept", deleted, "it is being deleted"], await world.SubjectsAsync(customer));
        var told = (await world.MailsToAsync(customer.AccountId)).Single(mail => mail.Subject.StartsWith("Cancelled", StringComparison.Ordinal)).Text;
        Assert.Contains($"From {start.AddDays(7):d MMMM yyyy, HH:mm} UTC: it is stopped", told, StringComparison.Ordinal);
        Assert.Contains($"On {start.AddDays(37):d MMMM yyyy, HH:mm} UTC: computer, data and address record are deleted", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_nodes_at_every_boundary_do_each_step_once()
    {
        var other = world.NewNode();
        var customers = new List<Customer>();
        for (var i = 0; i < 5; i++)
        {
            var customer = await world.DeliveredAsync();
            Assert.Null(await world.CancelAsync(customer));
            customers.Add(customer);
        }

        var start = Now;
        foreach (var day in (int[])[6, 7, 36, 37, 38])
        {
            await world.AtAsync(start.AddDays(day), [.. Enumerable.Repeat(new[] { world.Services, other }, 4).SelectMany(nodes => nodes)]);
            foreach (var customer in customers.Where(_ => day == 7))
            {
                await world.ArriveAsync(customer);
            }
        }

        foreach (var customer in customers)
        {
            Assert.Equal(5, (await world.SubjectsAsync(customer)).Count);
            await using var db = world.NewContext();
            Assert.Equal(1, await db.InstanceEvents.CountAsync(line => line.InstanceId == customer.InstanceId && line.Kind == "subscription_terminated"));
        }
    }

    [Fact]
    public async Task After_37_days_away_the_customer_still_has_a_day_and_only_mails_that_make_sense()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        Assert.Null(await world.CancelAsync(customer));

        var back = start.AddDays(38);
        await world.AtAsync(back);
        Assert.Equal((Standing.Paused, InstanceState.Stopping), await world.StateAsync(customer));
        await world.ArriveAsync(customer);
        var told = (await world.MailsToAsync(customer.AccountId))[^1];
        Assert.Contains($"kept until {back.AddDays(1):d MMMM yyyy, HH:mm} UTC", told.Text, StringComparison.Ordinal);

        await world.AtAsync(back.AddDays(1).AddSeconds(-1));
        Assert.Equal((Standing.Paused, InstanceState.Stopped), await world.StateAsync(customer));
        await world.AtAsync(back.AddDays(1));
        Assert.Equal((Standing.Terminated, InstanceState.Deleting), await world.StateAsync(customer));
        Assert.Equal(["Cancelled: it", "it is stopped, its data is kept", "it is being deleted"], await world.SubjectsAsync(customer));
    }

    [Fact]
    public async Task A_warning_that_comes_late_puts_the_deletion_off()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        await world.AtAsync(start.AddDays(7));
        await world.ArriveAsync(customer);

        await world.AtAsync(start.AddDays(36.5));
        await world.AtAsync(start.AddDays(37));
        Assert.Equal(Standing.Paused, (await world.SubscriptionAsync(customer)).Standing);
        await world.AtAsync(start.AddDays(37.5));

        Assert.Equal(Standing.Terminated, (await world.SubscriptionAsync(customer)).Standing);
        Assert.Contains(await world.SubjectsAsync(customer), subject => subject == $"it will be deleted on {start.AddDays(37.5):d MMMM yyyy, HH:mm} UTC");
    }

    [Fact]
    public async Task What_is_paid_is_not_lost_when_it_ends_with_its_period()
    {
        var customer = await world.DeliveredAsync();
        Assert.Null(await world.CancelAsync(customer, atPeriodEnd: true));
        var paidUntil = (await world.SubscriptionAsync(customer)).PaidUntil;

        await world.AtAsync(paidUntil.AddSeconds(-1));
        Assert.Equal((Standing.Active, InstanceState.Running), await world.StateAsync(customer));
        await world.AtAsync(paidUntil);
        Assert.Equal((Standing.Cancelled, InstanceState.Running), await world.StateAsync(customer));
        await world.AtAsync(paidUntil.AddDays(7));

        Assert.Equal((Standing.Paused, InstanceState.Stopping), await world.StateAsync(customer));
        Assert.Contains(world.Line.Calls, call => call.EndsWith("ends", StringComparison.Ordinal));
        Assert.Equal(BillingRefusals.AlreadyCancelled, await world.CancelAsync(customer));
    }

    [Fact]
    public async Task A_server_that_is_busy_is_stopped_when_it_is_not()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        Assert.Null(await world.Get<InstanceService>().RestartAsync(customer.AccountId, customer.InstanceId, CancellationToken.None));

        await world.AtAsync(start.AddDays(7));
        Assert.Equal((Standing.Cancelled, InstanceState.Restarting), await world.StateAsync(customer));
        await world.ArriveAsync(customer);
        await world.AtAsync(start.AddDays(7).AddMinutes(1));

        Assert.Equal((Standing.Paused, InstanceState.Stopping), await world.StateAsync(customer));
        Assert.Single(await world.SubjectsAsync(customer), subject => subject == "it is stopped, its data is kept");
    }

    [Fact]
    public async Task A_paused_computer_is_not_started_around_its_subscription()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        await world.AtAsync(start.AddDays(7));
        await world.ArriveAsync(customer);
        var instances = world.Get<InstanceService>();

        Assert.Equal(InstanceRefusals.Paused, await instances.StartAsync(customer.AccountId, customer.InstanceId, CancellationToken.None));
        Assert.Equal(InstanceRefusals.Paused, await instances.RestartAsync(customer.AccountId, customer.InstanceId, CancellationToken.None));
        Assert.Null(await world.ResumeAsync(customer));
        await world.AtAsync(Now);

        Assert.Equal((Standing.Active, InstanceState.Starting), await world.StateAsync(customer));
    }

    [Fact]
    public async Task A_renewal_that_cannot_be_collected_is_told_and_leads_to_the_same_ladder()
    {
        var customer = await world.DeliveredAsync();
        var paidUntil = (await world.SubscriptionAsync(customer)).PaidUntil;
        world.Line.Renewal = _ => new SubscriptionFacts(RenewalStanding.PastDue, paidUntil);
        await world.AtAsync(paidUntil.AddHours(3));
        var failing = await world.SubscriptionAsync(customer);
        Assert.NotNull(failing.PaymentFailedAt);
        Assert.Equal(Standing.Active, failing.Standing);

        await world.AtAsync(paidUntil.AddDays(3));
        world.Line.Renewal = _ => new SubscriptionFacts(RenewalStanding.Ended, paidUntil);
        var ended = paidUntil.AddDays(14);
        await world.AtAsync(ended);
        Assert.Equal((Standing.Cancelled, SubscriptionEnd.PaymentFailed), ((await world.SubscriptionAsync(customer)).Standing, (await world.SubscriptionAsync(customer)).EndReason));
        await world.AtAsync(ended.AddDays(6));
        await world.AtAsync(ended.AddDays(7));

        Assert.Equal((Standing.Paused, InstanceState.Stopping), await world.StateAsync(customer));
        Assert.Equal(["Your payment for it failed", "Cancelled: it", "it stops tomorrow", "it is stopped, its data is kept"], await world.SubjectsAsync(customer));
    }

    [Fact]
    public async Task A_renewal_that_nobody_told_us_of_is_found_and_one_that_was_made_good_forgotten()
    {
        var customer = await world.DeliveredAsync();
        var paidUntil = (await world.SubscriptionAsync(customer)).PaidUntil;
        world.Line.Renewal = _ => new SubscriptionFacts(RenewalStanding.PastDue, paidUntil);
        await world.AtAsync(paidUntil.AddHours(3));

        world.Line.Renewal = null;
        await world.AtAsync(paidUntil.AddHours(10));

        var renewed = await world.SubscriptionAsync(customer);
        Assert.Equal(((DateTimeOffset?)null, paidUntil.AddMonths(1), Standing.Active), (renewed.PaymentFailedAt, renewed.PaidUntil, renewed.Standing));
    }

    [Fact]
    public async Task A_payment_provider_that_is_away_holds_up_no_date_and_is_told_later()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        world.Line.Away = true;
        Assert.Null(await world.CancelAsync(customer));
        for (var day = 0; day <= 7; day++)
        {
            await world.AtAsync(start.AddDays(day));
        }

        Assert.Equal((Standing.Paused, InstanceState.Stopping), await world.StateAsync(customer));
        Assert.True((await world.SubscriptionAsync(customer)).RenewalTold);
        world.Line.Away = false;
        await world.AtAsync(start.AddDays(7).AddMinutes(6));

        Assert.False((await world.SubscriptionAsync(customer)).RenewalTold);
        var reference = (await world.SubscriptionAsync(customer)).Reference;
        Assert.Equal($"{reference} ends", Assert.Single(world.Line.Calls));
    }

    [Fact]
    public async Task A_held_subscription_does_not_move_and_a_loss_that_came_due_is_warned_of_anew()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        await world.AtAsync(start.AddDays(7));
        await world.ArriveAsync(customer);
        await world.AtAsync(start.AddDays(36));
        var admin = await world.AddAccountAsync();
        var ladder = world.Get<SubscriptionLadder>();
        Assert.Null(await ladder.HoldAsync(customer.InstanceId, "a dispute", admin, LadderWorld.Somebody, CancellationToken.None));

        await world.AtAsync(start.AddDays(60));
        Assert.Equal((Standing.Paused, InstanceState.Stopped), await world.StateAsync(customer));
        Assert.Equal(BillingRefusals.Held, await world.ResumeAsync(customer));
        Assert.Null(await ladder.ReleaseAsync(customer.InstanceId, admin, LadderWorld.Somebody, CancellationToken.None));
        await world.AtAsync(start.AddDays(60));
        Assert.Equal(Standing.Paused, (await world.SubscriptionAsync(customer)).Standing);
        await world.AtAsync(start.AddDays(61));

        Assert.Equal(Standing.Terminated, (await world.SubscriptionAsync(customer)).Standing);
        Assert.Equal(2, (await world.SubjectsAsync(customer)).Count(subject => subject.StartsWith("it will be deleted", StringComparison.Ordinal)));
        await using var db = world.NewContext();
        Assert.Equal(["admin.subscription_held", "admin.subscription_released"], await db.Set<AuditEntry>().Where(entry => entry.AccountId == admin).OrderBy(entry => entry.Id).Select(entry => entry.Action).ToListAsync());
    }

    [Fact]
    public async Task A_computer_that_was_deleted_is_paid_for_no_longer()
    {
        var customer = await world.DeliveredAsync();
        Assert.Null(await world.Get<InstanceService>().DeleteAsync(customer.AccountId, customer.InstanceId, CancellationToken.None));
        await world.AtAsync(Now);

        var subscription = await world.SubscriptionAsync(customer);
        Assert.Equal((Standing.Terminated, SubscriptionEnd.Deleted, false), (subscription.Standing, subscription.EndReason, subscription.RenewalTold));
        Assert.Single(world.Line.Calls);
    }

    [Fact]
    public async Task What_is_not_delivered_or_somebody_elses_is_not_cancelled()
    {
        var customer = await world.AddCustomerAsync();
        Assert.Equal(BillingRefusals.NoSubscription, await world.CancelAsync(customer));
        var started = await world.BeginAsync(customer);
        await world.PayAsync(customer, started);
        await world.Get<CheckoutSettlement>().TakeAsync(started.IntentId, (await world.Provider.FindCheckoutAsync(BillingFixture.Session(started), CancellationToken.None))!, CancellationToken.None);

        Assert.Equal(BillingRefusals.NotDelivered, await world.CancelAsync(customer));
        var stranger = await world.AddAccountAsync();
        Assert.False((await world.Get<SubscriptionLadder>().CancelAsync(stranger, customer.InstanceId, false, LadderWorld.Somebody, CancellationToken.None)).Try(out _, out var no));
        Assert.Equal(BillingRefusals.NoSubscription, no);
    }

    public Task InitializeAsync() => world.QuietAsync();

    public Task DisposeAsync() => Task.CompletedTask;
}
