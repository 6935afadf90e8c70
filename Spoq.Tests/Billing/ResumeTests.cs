using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Instances;

namespace Spoq.Tests.Billing;

/// <summary>Resuming works at any time before termination: restored, or over and refunded, never charged and deleted.</summary>
public sealed class ResumeTests(BillingFixture world) : IClassFixture<BillingFixture>, IAsyncLifetime
{
    private DateTimeOffset Now => world.Clock.Now;

    [Fact]
    public async Task Resuming_in_grace_costs_nothing_and_nothing_happens_any_more()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        await world.AtAsync(start.AddDays(3));
        Assert.Null(await world.ResumeAsync(customer));

        await world.AtAsync(start.AddDays(8));

        Assert.Equal((Standing.Active, InstanceState.Running), await world.StateAsync(customer));
        Assert.Equal(["Cancelled: it", "Resumed: it"], await world.SubjectsAsync(customer));
        Assert.Empty(await world.ResumedAsync(customer));
        Assert.Equal(["ends", "renews"], world.Line.Calls.Select(call => call.Split(' ')[1]));
        Assert.Equal(BillingRefusals.NotCancelled, await world.ResumeAsync(customer));
    }

    [Fact]
    public async Task Resuming_a_pause_starts_what_the_pause_stopped_and_charges_once_the_paid_time_is_over()
    {
        var customer = await PausedAsync(day: 33);

        Assert.Null(await world.ResumeAsync(customer));
        await world.AtAsync(Now);

        Assert.Equal((Standing.Active, InstanceState.Starting), await world.StateAsync(customer));
        var payment = Assert.Single(await world.ResumedAsync(customer));
        Assert.Equal((SubscriptionPaymentState.Paid, 1500L), (payment.State, payment.Amount));
        Assert.Equal(Now.AddMonths(1), (await world.SubscriptionAsync(customer)).PaidUntil);
        Assert.Contains("Paid: $15, for the time until", (await world.MailsToAsync(customer.AccountId))[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_its_owner_had_switched_off_stays_off()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        Assert.Null(await world.Get<InstanceService>().StopAsync(customer.AccountId, customer.InstanceId, CancellationToken.None));
        await world.ArriveAsync(customer);
        await world.AtAsync(start.AddDays(7));

        Assert.Null(await world.ResumeAsync(customer));
        await world.AtAsync(Now);

        Assert.Equal((Standing.Active, InstanceState.Stopped), await world.StateAsync(customer));
    }

    [Fact]
    public async Task Resumed_while_it_is_still_being_stopped_it_is_started_when_that_is_done()
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        await world.AtAsync(start.AddDays(7));
        Assert.Null(await world.ResumeAsync(customer));
        await world.AtAsync(Now);
        Assert.Equal(InstanceState.Stopping, (await world.InstanceAsync(customer)).State);

        await world.ArriveAsync(customer);
        await world.AtAsync(Now.AddMinutes(1));

        Assert.Equal((Standing.Active, InstanceState.Starting), await world.StateAsync(customer));
    }

    [Fact]
    public async Task A_declined_card_charges_nothing_and_keeps_the_dates()
    {
        var customer = await PausedAsync(day: 33);
        var before = await world.SubscriptionAsync(customer);
        world.Line.Declines = true;
        Assert.Equal(BillingRefusals.Declined, await world.ResumeAsync(customer));
        Assert.Equal((Standing.Paused, before.TerminatesAt), ((await world.SubscriptionAsync(customer)).Standing, (await world.SubscriptionAsync(customer)).TerminatesAt));

        world.Line.Declines = false;
        Assert.Null(await world.ResumeAsync(customer));
        Assert.Equal(Standing.Active, (await world.SubscriptionAsync(customer)).Standing);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_and_charges_once()
    {
        var customer = await PausedAsync(day: 33);
        world.Line.LosesAnswers = true;
        Assert.Equal(BillingRefusals.ResumeUnderWay, await world.ResumeAsync(customer));
        Assert.Equal(BillingRefusals.ResumeUnderWay, await world.ResumeAsync(customer));
        world.Line.LosesAnswers = false;
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.Get<SubscriptionPaymentWorker>().RunOnceAsync(CancellationToken.None)));

        Assert.Equal(Standing.Active, (await world.SubscriptionAsync(customer)).Standing);
        Assert.Equal(SubscriptionPaymentState.Paid, Assert.Single(await world.ResumedAsync(customer)).State);
        Assert.Single(await ChargesAsync(customer));
    }

    [Fact]
    public async Task A_payment_that_comes_after_the_end_goes_back_even_if_the_payment_provider_is_away_then()
    {
        var customer = await PausedAsync(day: 36);
        world.Line.AfterCollect = async () =>
        {
            world.Line.AfterCollect = () => Task.CompletedTask;
            await world.AtAsync(Now.AddDays(1));
            world.Line.Away = true;
        };

        Assert.Equal(BillingRefusals.TooLate, await world.ResumeAsync(customer));
        Assert.Equal(SubscriptionPaymentState.RefundDue, Assert.Single(await world.ResumedAsync(customer)).State);
        world.Line.Away = false;
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.Get<SubscriptionPaymentWorker>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(SubscriptionPaymentState.Refunded, Assert.Single(await world.ResumedAsync(customer)).State);
        Assert.Equal((Standing.Terminated, InstanceState.Deleting), await world.StateAsync(customer));
        Assert.All(await ChargesAsync(customer), charge => Assert.NotNull(charge.RefundedAt));
        Assert.Equal(BillingRefusals.Terminated, await world.ResumeAsync(customer));
    }

    [Fact]
    public async Task Two_hundred_resumes_at_the_moment_of_deletion_are_restored_or_refunded()
    {
        const int Races = 200;
        var start = Now;
        var customers = new Customer[Races];
        await Parallel.ForEachAsync(Enumerable.Range(0, Races), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (at, _) =>
        {
            customers[at] = await world.DeliveredAsync();
            Assert.Null(await world.CancelAsync(customers[at]));
        });
        await world.AtAsync(start.AddDays(7));
        await using (var db = world.NewContext())
        {
            await db.Instances.Where(row => row.State == InstanceState.Stopping).ExecuteUpdateAsync(set => set.SetProperty(row => row.State, InstanceState.Stopped).SetProperty(row => row.Step, (Core.Instances.Provisioning.Step?)null).SetProperty(row => row.Road, (Core.Instances.Provisioning.Road?)null));
        }

        await world.AtAsync(start.AddDays(36));
        world.Clock.Now = start.AddDays(37);
        var other = world.NewNode();

        // One on each side is certain, so that there are two ends whoever is quicker with the rest.
        var early = await world.ResumeAsync(customers[0]);
        Assert.InRange(await other.GetRequiredService<LadderWorker>().RunOnceAsync(CancellationToken.None), 1, Races - 1);
        using var door = new SemaphoreSlim(24);
        var resumes = Task.WhenAll(customers.Skip(1).Select(async (customer, at) =>
        {
            await door.WaitAsync();
            try
            {
                return await world.ResumeAsync(customer, at % 2 == 0 ? world.Services : other);
            }
            finally
            {
                door.Release();
            }
        }));
        var ends = Task.WhenAll(new[] { world.Services, other, world.Services }.Select(async node =>
        {
            while (await node.GetRequiredService<LadderWorker>().RunOnceAsync(CancellationToken.None) > 0 || !resumes.IsCompleted)
            {
            }
        }));
        Refusal?[] refusals = [early, .. await resumes];
        await ends;
        await world.AtAsync(Now);

        var (restored, ended) = (0, 0);
        foreach (var (customer, refusal) in customers.Zip(refusals))
        {
            var (subscription, instance) = (await world.SubscriptionAsync(customer), await world.InstanceAsync(customer));
            var payments = await world.ResumedAsync(customer);
            var kept = (await ChargesAsync(customer)).Count(charge => charge.RefundedAt is null);
            if (subscription.Standing == Standing.Active)
            {
                restored++;
                Assert.Null(refusal);
                Assert.Equal((InstanceState.Starting, 1), (instance.State, kept));
                Assert.Equal(SubscriptionPaymentState.Paid, Assert.Single(payments).State);
            }
            else
            {
                ended++;
                Assert.Contains(refusal, new[] { BillingRefusals.TooLate, BillingRefusals.Terminated });
                Assert.Equal((Standing.Terminated, InstanceState.Deleting, 0), (subscription.Standing, instance.State, kept));
                Assert.All(payments, payment => Assert.Equal(SubscriptionPaymentState.Refunded, payment.State));
            }
        }

        Assert.Equal(Races, restored + ended);
        Assert.True(restored > 0 && ended > 0, $"a race has two ends: {restored} restored, {ended} over");
    }

    public Task InitializeAsync() => world.QuietAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<Customer> PausedAsync(int day)
    {
        var customer = await world.DeliveredAsync();
        var start = Now;
        await world.CancelAsync(customer);
        await world.AtAsync(start.AddDays(7));
        await world.ArriveAsync(customer);
        await world.AtAsync(start.AddDays(day));
        return customer;
    }

    /// <summary>What the payment provider took for resuming.</summary>
    private async Task<IReadOnlyList<PretendCheckout>> ChargesAsync(Customer customer)
    {
        await using var db = world.NewContext();
        return await db.Set<PretendCheckout>().AsNoTracking().Where(row => row.AccountId == customer.AccountId && row.Id.StartsWith("py_")).ToListAsync();
    }
}
