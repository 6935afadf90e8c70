using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Instances.Providers.Hostinger;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Hostinger;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Setup;

/// <summary>What is offered comes from a vendor that may be away, hang, talk nonsense, or have sold the last one a moment ago.</summary>
public sealed class SetupOffersTests(SetupOffersTests.Fixture spoq) : IClassFixture<SetupOffersTests.Fixture>, IAsyncLifetime
{
    private SetupOffers Offers => spoq.Get<SetupOffers>();

    private SetupService Setup => spoq.Get<SetupService>();

    private int Asked => spoq.Vendor.Calls.Count(call => call.EndsWith("/data-centers", StringComparison.Ordinal));

    [Fact]
    public async Task All_nodes_together_ask_once_and_after_minutes_again()
    {
        var other = spoq.NewNode().GetRequiredService<SetupOffers>();
        var before = Asked;

        var first = Value(await Offers.OffersAsync(null, default));
        var second = Value(await other.OffersAsync(null, default));
        var asked = Asked;
        spoq.Clock.Advance(TimeSpan.FromMinutes(6));
        var later = Value(await other.OffersAsync(null, default));

        Assert.Equal((before + 1, before + 2), (asked, Asked));
        Assert.Equal((first.AskedAt, first.Regions.Count), (second.AskedAt, second.Regions.Count));
        Assert.Equal((false, spoq.Clock.Now), (later.IsLastKnown, later.AskedAt));
    }

    [Theory]
    [InlineData(nameof(Fault.Hang))]
    [InlineData(nameof(Fault.ErrorBefore))]
    [InlineData(nameof(Fault.DropBefore))]
    [InlineData(nameof(Fault.GarbageAfter))]
    [InlineData(nameof(Fault.PageAfter))]
    [InlineData(nameof(Fault.TooMany))]
    public Task A_vendor_in_trouble_costs_a_page_a_moment_once_and_what_it_said_last_is_shown_as_that(string fault) =>
        Promise.KeptAsync(TimeSpan.FromSeconds(5), "The page", () => ShowAsync(fault));

    /// <returns>What the page waited.</returns>
    private async Task<TimeSpan> ShowAsync(string fault)
    {
        var known = Value(await Offers.OffersAsync(null, default));
        spoq.Clock.Advance(TimeSpan.FromMinutes(10));
        spoq.Vendor.Fail(Enum.Parse<Fault>(fault), "GET *", times: 2);
        var watch = Stopwatch.StartNew();

        var shown = Value(await Offers.OffersAsync(null, default));
        var waited = watch.Elapsed;
        var calls = spoq.Vendor.Calls.Count;
        var again = Value(await Offers.OffersAsync(null, default));

        Assert.Equal((true, known.AskedAt, known.Regions.Count), (shown.IsLastKnown, shown.AskedAt, shown.Regions.Count));
        Assert.Equal((true, calls), (again.IsLastKnown, spoq.Vendor.Calls.Count));
        spoq.Vendor.Forgive();
        spoq.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.False(Value(await Offers.OffersAsync(null, default)).IsLastKnown);
        return waited;
    }

    [Fact]
    public async Task What_was_said_a_day_ago_leads_nobody_astray()
    {
        Value(await Offers.OffersAsync(null, default));
        spoq.Clock.Advance(OfferShelf.Oldest);
        spoq.Vendor.Fail(Fault.ErrorBefore, "GET *");

        Assert.Equal(SetupRefusals.ProviderAway, Refused(await Offers.OffersAsync(null, default)));
    }

    [Fact]
    public async Task A_city_that_sold_out_after_it_was_chosen_is_named_before_anything_is_charged_and_the_choices_stay()
    {
        var alice = await WalkToPayAsync();
        spoq.Vendor.Closed.Add("Frankfurt");

        var no = Refused(await Setup.CheckoutAsync(alice, default));
        var draft = Value(await Setup.LoadAsync(alice, default)).Draft;

        Assert.Equal("sold_out", no.Code);
        Assert.StartsWith("Frankfurt is sold out for this plan: choose another city.", no.Message, StringComparison.Ordinal);
        Assert.Equal((SetupStep.Pay, "vps-2", "frankfurt", null), (draft.Step, draft.Plan, draft.Region, draft.InstanceId));
        Assert.Equal(0, await IntentsOfAsync(alice));
        Value(await Setup.SetPlanAsync(alice, "vps-2", BillingInterval.Month, "paris", default));
        Value(await Setup.CheckoutAsync(alice, default));
        Assert.Equal(1, await IntentsOfAsync(alice));
    }

    [Fact]
    public async Task A_size_that_is_sold_nowhere_any_more_says_so()
    {
        var alice = await WalkToPayAsync();
        spoq.Vendor.Unsold.Add(2);

        Assert.Equal(SetupRefusals.AllSoldOut, Refused(await Setup.CheckoutAsync(alice, default)));
        Assert.Equal(0, await IntentsOfAsync(alice));
    }

    [Theory]
    [InlineData(nameof(Fault.Hang))]
    [InlineData(nameof(Fault.ErrorBefore))]
    [InlineData(nameof(Fault.GarbageAfter))]
    public Task Nobody_pays_while_the_vendor_cannot_be_asked_and_nothing_is_lost(string fault) =>
        Promise.KeptAsync(TimeSpan.FromSeconds(10), "The page", () => CheckOutAsync(fault));

    /// <returns>What the page waited.</returns>
    private async Task<TimeSpan> CheckOutAsync(string fault)
    {
        var alice = await WalkToPayAsync();
        spoq.Vendor.Fail(Enum.Parse<Fault>(fault), "GET *");
        var watch = Stopwatch.StartNew();

        var no = Refused(await Setup.CheckoutAsync(alice, default));
        var waited = watch.Elapsed;

        Assert.Equal(SetupRefusals.ProviderAway, no);
        Assert.Equal(0, await IntentsOfAsync(alice));
        spoq.Vendor.Forgive();
        Value(await Setup.CheckoutAsync(alice, default));
        Assert.Equal(1, await IntentsOfAsync(alice));
        return waited;
    }

    public Task InitializeAsync()
    {
        spoq.Vendor.Forgive();
        spoq.Vendor.Closed.Clear();
        spoq.Vendor.Unsold.Clear();
        spoq.Clock.Advance(TimeSpan.FromMinutes(10));
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<Guid> WalkToPayAsync()
    {
        var account = await spoq.AddAccountAsync();
        Value(await Setup.LoadAsync(account, default));
        Value(await Setup.SetAddressAsync(account, $"a{Guid.NewGuid().ToString("n")[..12]}", default));
        Value(await Setup.SetUsernameAsync(account, "alice", default));
        Value(await Setup.SkipDeviceAsync(account, default));
        Value(await Setup.SetPlanAsync(account, "vps-2", BillingInterval.Month, "frankfurt", default));
        return account;
    }

    private async Task<int> IntentsOfAsync(Guid account)
    {
        await using var db = spoq.NewContext();
        return await db.Set<CheckoutIntent>().CountAsync(intent => intent.AccountId == account);
    }

    private static T Value<T>(Result<T> result)
        where T : notnull
    {
        Assert.True(result.Try(out var value, out var refusal), refusal?.Message);
        return value;
    }

    private static Refusal Refused<T>(Result<T> result)
        where T : notnull
    {
        Assert.False(result.Try(out _, out var refusal));
        return refusal;
    }

    public sealed class Fixture : DatabaseFixture, IAsyncLifetime
    {
        internal HostingerEmulator Vendor => field ??= new HostingerEmulator(Clock);

        async Task IAsyncLifetime.InitializeAsync()
        {
            await Vendor.StartAsync();
            await InitializeAsync();
        }

        async Task IAsyncLifetime.DisposeAsync()
        {
            await DisposeAsync();
            await Vendor.DisposeAsync();
        }

        protected override void Configure(HostApplicationBuilder builder)
        {
            builder.Configuration["Provisioning:DefaultProvider"] = "hostinger";
            builder.Configuration["Hostinger:BaseUrl"] = Vendor.BaseUrl.AbsoluteUri;
            builder.Configuration["Hostinger:ApiKey"] = HostingerEmulator.ApiKey;
            builder.Services.AddHostinger(builder.Configuration);
        }
    }
}
