using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;

namespace Spoq.Tests.Billing;

/// <summary>What tests of the ladder do over and over.</summary>
internal static class LadderWorld
{
    public static readonly Caller Somebody = new(null, "test");

    /// <summary>Somebody whose computer was paid and runs.</summary>
    public static async Task<Customer> DeliveredAsync(this BillingFixture world)
    {
        var customer = await world.AddCustomerAsync();
        var started = await world.BeginAsync(customer);
        await world.PayAsync(customer, started);
        var facts = (await world.Provider.FindCheckoutAsync(BillingFixture.Session(started), CancellationToken.None))!;
        await world.Get<CheckoutSettlement>().TakeAsync(started.IntentId, facts, CancellationToken.None);
        await world.ArriveAsync(customer);
        return customer;
    }

    /// <summary>The road that the computer is on comes to its end.</summary>
    public static async Task ArriveAsync(this BillingFixture world, Customer customer)
    {
        await using var db = world.NewContext();
        var instance = await db.Instances.SingleAsync(row => row.Id == customer.InstanceId);
        instance.Take(new Move(MoveKind.Arrive, instance.Step!.Value, 0, world.Clock.Now, world.Clock.Now), world.Clock.Now, 0);
        await db.SaveChangesAsync();
    }

    public static async Task<Subscription> SubscriptionAsync(this BillingFixture world, Customer customer)
    {
        await using var db = world.NewContext();
        return await db.Set<Subscription>().AsNoTracking().SingleAsync(row => row.InstanceId == customer.InstanceId);
    }

    public static async Task<Instance> InstanceAsync(this BillingFixture world, Customer customer)
    {
        await using var db = world.NewContext();
        return await db.Instances.AsNoTracking().SingleAsync(row => row.Id == customer.InstanceId);
    }

    public static async Task<(Standing, InstanceState)> StateAsync(this BillingFixture world, Customer customer) =>
        ((await world.SubscriptionAsync(customer)).Standing, (await world.InstanceAsync(customer)).State);

    /// <summary>The payment provider does as it should, and nothing of the tests before is due.</summary>
    public static async Task QuietAsync(this BillingFixture world)
    {
        world.Line.Away = world.Line.Declines = world.Line.LosesAnswers = false;
        world.Line.Renewal = null;
        world.Line.Calls.Clear();
        await using var db = world.NewContext();
        await db.Set<Subscription>().ExecuteUpdateAsync(set => set.SetProperty(row => row.DueAt, (DateTimeOffset?)null));
    }

    public static async Task<IReadOnlyList<SubscriptionPayment>> ResumedAsync(this BillingFixture world, Customer customer)
    {
        await using var db = world.NewContext();
        return await db.Set<SubscriptionPayment>().AsNoTracking().Where(row => row.AccountId == customer.AccountId).ToListAsync();
    }

    public static async Task<Refusal?> CancelAsync(this BillingFixture world, Customer customer, bool atPeriodEnd = false) =>
        (await world.Get<SubscriptionLadder>().CancelAsync(customer.AccountId, null, atPeriodEnd, Somebody, CancellationToken.None)).Try(out _, out var no) ? null : no;

    public static Task<Refusal?> ResumeAsync(this BillingFixture world, Customer customer, IServiceProvider? node = null) =>
        (node ?? world.Services).GetRequiredService<SubscriptionResume>().ResumeAsync(customer.AccountId, null, Somebody, CancellationToken.None);

    /// <summary>Turns the clock and works off whatever is due, on each of these nodes at once.</summary>
    public static async Task AtAsync(this BillingFixture world, DateTimeOffset at, params IServiceProvider[] nodes)
    {
        world.Clock.Now = at;
        IServiceProvider[] all = nodes.Length == 0 ? [world.Services] : nodes;
        int[] done;
        do
        {
            done = await Task.WhenAll(all.Select(node => node.GetRequiredService<LadderWorker>().RunOnceAsync(CancellationToken.None)));
        }
        while (done.Sum() > 0);
    }

    /// <summary>Subjects of what was mailed since the receipt, without the name of the computer.</summary>
    public static async Task<IReadOnlyList<string>> SubjectsAsync(this BillingFixture world, Customer customer)
    {
        var hostname = (await world.InstanceAsync(customer)).Hostname;
        return [.. (await world.MailsToAsync(customer.AccountId)).Select(mail => mail.Subject.Replace(hostname, "it", StringComparison.Ordinal)).Where(subject => !subject.StartsWith("Your receipt", StringComparison.Ordinal))];
    }
}
