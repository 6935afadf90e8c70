using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Setup;

public sealed class SetupServiceTests(SetupServiceTests.Fixture spoq) : IClassFixture<SetupServiceTests.Fixture>
{
    private SetupService Setup => spoq.Get<SetupService>();

    [Fact]
    public async Task Every_answer_is_found_again_by_another_tab()
    {
        var alice = await spoq.AddAccountAsync();
        await WalkToPayAsync(alice, "resumed");

        var state = await LoadAsync(alice);

        Assert.Equal(SetupStep.Pay, state.Draft.Step);
        Assert.Equal(("resumed", "alice", "cloud", "here"), (state.Draft.Address, state.Draft.Username, state.Draft.Plan, state.Draft.Region));
        Assert.True(state.Draft.DeviceSkipped);
    }

    [Fact]
    public async Task Where_the_account_holds_as_many_servers_as_it_may_nothing_is_sold()
    {
        const string Most = "Provisioning:Capacity:local";
        var alice = await spoq.AddAccountAsync();
        await WalkToPayAsync(alice, "late");
        var settings = spoq.Get<IConfiguration>();
        settings[Most] = "0";
        try
        {
            Assert.Empty(Value(await spoq.Get<SetupOffers>().RegionsAsync(null, default)));
            Assert.Equal(SetupRefusals.AllSoldOut, Refused(await Setup.CheckoutAsync(alice, default)));
        }
        finally
        {
            settings[Most] = null;
        }

        Assert.NotEmpty(Value(await spoq.Get<SetupOffers>().RegionsAsync(null, default)));
        Value(await Setup.CheckoutAsync(alice, default));
    }

    [Fact]
    public async Task Many_tabs_open_one_draft()
    {
        var alice = await spoq.AddAccountAsync();

        var states = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => LoadAsync(alice)));

        Assert.Single(states.Select(state => state.Draft.Id).Distinct());
    }

    [Fact]
    public async Task Twenty_clicks_on_pay_make_one_instance_and_one_checkout()
    {
        var alice = await spoq.AddAccountAsync();
        await WalkToPayAsync(alice, "eager");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Setup.CheckoutAsync(alice, default)));

        Assert.Single(answers.Select(answer => Value(answer).Url).Distinct());
        await using var db = spoq.NewContext();
        Assert.Equal(1, await db.Instances.CountAsync(instance => instance.AccountId == alice));
        Assert.Equal(1, await db.Set<CheckoutIntent>().CountAsync(intent => intent.AccountId == alice));
    }

    [Fact]
    public async Task Back_from_checkout_and_another_choice_changes_what_is_paid_for()
    {
        var alice = await spoq.AddAccountAsync();
        await WalkToPayAsync(alice, "undecided");
        Value(await Setup.CheckoutAsync(alice, default));

        Value(await Setup.SetAddressAsync(alice, "decided", default));
        Value(await Setup.SetPlanAsync(alice, "vps-1", BillingInterval.Month, "here", default));
        Value(await Setup.CheckoutAsync(alice, default));

        await using var db = spoq.NewContext();
        var instance = await db.Instances.SingleAsync(row => row.AccountId == alice);
        Assert.Equal(("decided", "decided.localhost", "vps-1"), (instance.Address, instance.Hostname, instance.Plan));
    }

    [Fact]
    public async Task After_payment_every_tab_is_at_progress_and_can_change_nothing()
    {
        var alice = await spoq.AddAccountAsync();
        await WalkToPayAsync(alice, "settled");
        Value(await Setup.CheckoutAsync(alice, default));
        await PayAsync(alice);

        Assert.False((await Setup.SetAddressAsync(alice, "changed-mind", default)).Try(out _, out var change));
        Assert.False((await Setup.CheckoutAsync(alice, default)).Try(out _, out var again));

        var bob = await spoq.AddAccountAsync();
        await LoadAsync(bob);
        Value(await Setup.SetAddressAsync(bob, "somebody-elses", default));

        Assert.Equal(("already_paid", "already_paid"), (change.Code, again.Code));
        Assert.Equal("already_paid", Refused(await Setup.SetAddressAsync(alice, "somebody-elses", default)).Code);
        Assert.Equal(SetupStep.Progress, (await LoadAsync(alice)).Draft.Step);
        Assert.Equal("still_under_way", (await Setup.CloseAsync(alice, default))?.Code);
    }

    [Fact]
    public async Task Somebody_elses_draft_is_invisible()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        await WalkToPayAsync(alice, "secluded");

        var state = await LoadAsync(bob);
        Assert.False((await Setup.CheckoutAsync(bob, default)).Try(out _, out var refusal));

        Assert.Equal(SetupStep.Address, state.Draft.Step);
        Assert.Null(state.Draft.Address);
        Assert.Equal("step_not_open", refusal.Code);
        Assert.Equal("taken", Refused(await Setup.SetAddressAsync(bob, "secluded", default)).Code);
    }

    [Fact]
    public async Task An_address_whose_hold_ran_out_is_renewed_or_given_up_with_a_reason()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        await WalkToPayAsync(alice, "slow-walker");

        spoq.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Null((await LoadAsync(alice)).Lost);

        spoq.Clock.Advance(TimeSpan.FromHours(2));
        Value(await LoadResultAsync(bob));
        Value(await Setup.SetAddressAsync(bob, "slow-walker", default));
        var state = await LoadAsync(alice);

        Assert.Equal("taken", state.Lost?.Code);
        Assert.Equal(SetupStep.Address, state.Draft.Step);
        Assert.Equal("cloud", state.Draft.Plan);
    }

    [Fact]
    public async Task What_is_not_offered_cannot_be_chosen()
    {
        var alice = await spoq.AddAccountAsync();
        await WalkToPayAsync(alice, "picky");

        Assert.Equal("unknown_plan", Refused(await Setup.SetPlanAsync(alice, "free", BillingInterval.Month, "here", default)).Code);
        Assert.Equal("unknown_region", Refused(await Setup.SetPlanAsync(alice, "cloud", BillingInterval.Month, "nowhere", default)).Code);
        Assert.Equal("sold_out", Refused(await Setup.SetPlanAsync(alice, "cloud", BillingInterval.Month, "sold-out", default)).Code);
        Assert.Equal("interval_not_sold", Refused(await Setup.SetPlanAsync(alice, "vps-1", BillingInterval.Year, "here", default)).Code);
        Assert.Equal("no_device", Refused(await Setup.FinishDevicesAsync(alice, default)).Code);
    }

    private async Task WalkToPayAsync(Guid account, string address)
    {
        await LoadAsync(account);
        Value(await Setup.SetAddressAsync(account, address, default));
        Value(await Setup.SetUsernameAsync(account, "alice", default));
        Value(await Setup.SkipDeviceAsync(account, default));
        Value(await Setup.SetPlanAsync(account, "cloud", BillingInterval.Month, "here", default));
    }

    private async Task PayAsync(Guid account)
    {
        await using var db = spoq.NewContext();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var instance = await db.Instances.SingleAsync(row => row.AccountId == account);
        await spoq.Get<InstanceService>().BeginProvisioningAsync(db, instance.Id, default);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
    }

    private Task<Result<SetupState>> LoadResultAsync(Guid account) => Setup.LoadAsync(account, default);

    private async Task<SetupState> LoadAsync(Guid account) => Value(await LoadResultAsync(account));

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

    public sealed class Fixture : DatabaseFixture
    {
        protected override void Configure(HostApplicationBuilder builder)
        {
            builder.Services.RemoveAll<IServerProvider>();
            builder.Services.AddSingleton<IServerProvider, TwoRegions>();
        }
    }

    /// <summary>Knows its regions; nothing is ever made there.</summary>
    private sealed class TwoRegions : IServerProvider
    {
        public string Name => "local";

        public ServerCapabilities Capabilities => ServerCapabilities.None;

        public TimeSpan LookupLag => TimeSpan.Zero;

        public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ServerRegion>>([new("here", "Here", true), new("sold-out", "Sold out", false)]);

        public Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StartAsync(string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StopAsync(string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
