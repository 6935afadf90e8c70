using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Tests.Support;

namespace Spoq.Tests.Billing;

/// <summary>A database, a pretend payment provider behind a line that can be cut, and customers with a draft to pay for.</summary>
public sealed class BillingFixture : DatabaseFixture
{
    internal CheckoutService Checkouts => Get<CheckoutService>();

    internal PretendPayments Provider => Get<PretendPayments>();

    internal FlakyPayments Line => (FlakyPayments)Get<IPayments>();

    /// <summary>An account with a draft instance.</summary>
    internal async Task<Customer> AddCustomerAsync(string plan = "cloud", string? address = null)
    {
        var accountId = await AddAccountAsync();
        var id = Guid.CreateVersion7();
        address ??= $"a{id:n}"[..24];
        await using var db = NewContext();
        db.Add(new Instance(id, accountId, address, $"{address}.localhost", "alice", plan, "local", "local", Clock.Now));
        await db.SaveChangesAsync();
        return new Customer(accountId, id);
    }

    internal async Task<CheckoutStarted> BeginAsync(Customer customer, string plan = "cloud", BillingInterval interval = BillingInterval.Month)
    {
        var begun = await Checkouts.BeginAsync(customer.AccountId, new CheckoutRequest(customer.InstanceId, plan, interval), CancellationToken.None);
        return begun.Try(out var started, out var no) ? started : throw new InvalidOperationException(no.Message);
    }

    internal async Task ChooseAsync(Customer customer, string plan)
    {
        await using var db = NewContext();
        var instance = await db.Instances.SingleAsync(row => row.Id == customer.InstanceId);
        instance.Choose(instance.Address, instance.Hostname, instance.Username, plan, instance.Region, instance.Provider);
        await db.SaveChangesAsync();
    }

    internal Task PayAsync(Customer customer, CheckoutStarted started) => Provider.PayAsync(customer.AccountId, Session(started), CancellationToken.None);

    internal static string Session(CheckoutStarted started) => started.Url.Split('/')[^1];

    internal async Task<IReadOnlyList<CheckoutIntent>> IntentsAsync(Customer customer)
    {
        await using var db = NewContext();
        return await db.Set<CheckoutIntent>().AsNoTracking().Where(intent => intent.InstanceId == customer.InstanceId).OrderBy(intent => intent.Id).ToListAsync();
    }

    internal async Task<CheckoutIntent> IntentAsync(CheckoutStarted started)
    {
        await using var db = NewContext();
        return await db.Set<CheckoutIntent>().AsNoTracking().SingleAsync(intent => intent.Id == started.IntentId);
    }

    /// <summary>All that a payment may change, in one line.</summary>
    internal async Task<string> StoryAsync(Customer customer)
    {
        await using var db = NewContext();
        var instance = await db.Instances.AsNoTracking().SingleAsync(row => row.Id == customer.InstanceId);
        var paidLines = await db.InstanceEvents.CountAsync(line => line.InstanceId == customer.InstanceId && line.Kind == "paid");
        var subscriptions = await db.Set<Subscription>().AsNoTracking().Where(row => row.InstanceId == customer.InstanceId).ToListAsync();
        var intents = await IntentsAsync(customer);
        return $"{instance.State}, told {paidLines}, {string.Join(' ', subscriptions.Select(row => row.Standing))} | {string.Join(' ', intents.Select(intent => intent.State).Order())}";
    }

    /// <summary>Works off everything due, as a worker does over time.</summary>
    internal async Task SweepAsync()
    {
        while (await Get<CheckoutWorker>().RunOnceAsync(CancellationToken.None) > 0)
        {
        }
    }

    protected override void Configure(HostApplicationBuilder builder) =>
        builder.Services.AddSingleton<IPayments>(provider => new FlakyPayments(provider.GetRequiredService<PretendPayments>()));
}

internal sealed record Customer(Guid AccountId, Guid InstanceId);
