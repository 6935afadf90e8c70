using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Hostinger;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Hostinger;

namespace Spoq.Tests.Instances.Providers;

public sealed class HostingerProviderTests : RentalConformance
{
    private HostingerEmulator? _vendor;

    internal override ServerVendorEmulator Vendor => Hostinger;

    protected override ServerSize Size => new(2, 8, 100);

    protected override string Region => "frankfurt";

    private HostingerEmulator Hostinger => _vendor ??= new HostingerEmulator(Clock);

    [Theory]
    [InlineData(1, 4, 50, 1)]
    [InlineData(2, 8, 100, 2)]
    [InlineData(4, 16, 200, 4)]
    [InlineData(8, 32, 400, 8)]
    public async Task A_plan_is_the_vendors_machine_of_its_size_in_the_city_with_the_newest_ubuntu(int cpus, int memory, int disk, int kvm)
    {
        var order = OrderHere() with { Size = new ServerSize(cpus, memory, disk), Region = "sao-paulo" };

        await Provider.CreateAsync(order, CancellationToken.None);

        var vm = Assert.Single(Hostinger.Machines);
        Assert.Equal((kvm, 22, 1103, false), (vm.Kvm, vm.DataCenterId!.Value, vm.TemplateId!.Value, vm.HasBackups));
        Assert.Equal($"{ServerMark.Of(order.InstanceId)}.{HostingerEmulator.Domain}", vm.Hostname);
        Assert.Equal(order.BootScript, Hostinger.BootScriptOf(order.InstanceId));
    }

    [Fact]
    public async Task The_cities_of_the_offer_are_shown_and_no_others()
    {
        var regions = await Provider.RegionsAsync(null, CancellationToken.None);

        Assert.Equal("phoenix", regions[0].Key);
        Assert.Equal(["boston", "frankfurt", "jakarta", "kuala-lumpur", "manchester", "mumbai", "paris", "phoenix", "sao-paulo", "vilnius"], regions.Select(region => region.Key).Order());
        Assert.All(regions, region => Assert.True(region.IsAvailable));
    }

    [Fact]
    public async Task What_was_bought_and_not_set_up_is_set_up()
    {
        Hostinger.NewState = "initial";
        var order = OrderHere();

        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        Assert.Single(Hostinger.Bought);
    }

    [Fact]
    public async Task A_purchase_that_was_lost_before_it_was_set_up_serves_the_repeated_order()
    {
        Hostinger.NewState = "initial";
        var order = OrderHere();
        Hostinger.Fail(Fault.DropAfter, Hostinger.PurchaseCall);
        await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(order, CancellationToken.None));
        Clock.Advance(Provider.LookupLag + TimeSpan.FromSeconds(1));

        Assert.Null(await Provider.FindAsync(order.InstanceId, CancellationToken.None));
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        Assert.Single(Hostinger.Bought);
        Assert.Single(Hostinger.Machines);
    }

    [Fact]
    public async Task A_machine_of_another_size_that_waits_to_be_set_up_is_left_alone()
    {
        Hostinger.AddUnfinished(kvm: 8, TimeSpan.FromHours(1));

        await Provider.CreateAsync(OrderHere(), CancellationToken.None);

        Assert.Equal(2, Hostinger.Machines.Count);
    }

    [Theory]
    [InlineData("awaiting_payment", "needs_person")]
    [InlineData("failed", "order_failed")]
    [InlineData("fraud_refund", "order_failed")]
    public async Task An_order_that_is_not_carried_out_says_why(string status, string code)
    {
        Hostinger.OrderStatus = status;

        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(OrderHere(), CancellationToken.None));

        Assert.Equal((code, true), (no.Code, no.IsFinal));
    }

    [Theory]
    [InlineData("error")]
    [InlineData("suspended")]
    public async Task A_machine_that_needs_a_person_says_so_and_can_still_be_ended(string state)
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        Hostinger.Force(order.InstanceId, state);

        var server = await Provider.GetAsync(made.Reference, CancellationToken.None);
        await EndAsync(made.Reference);

        Assert.Contains("our people have to look", server!.Trouble, StringComparison.Ordinal);
        Assert.Empty(Hostinger.Marked);
        Assert.Empty(Hostinger.Renewing);
    }

    [Fact]
    public async Task A_machine_that_was_destroyed_is_gone()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        Hostinger.Force(order.InstanceId, "destroyed");

        Assert.Null(await Provider.FindAsync(order.InstanceId, CancellationToken.None));
        Assert.IsType<ServerEnd.Gone>(await Provider.EndAsync(made.Reference, CancellationToken.None));
    }

    [Fact]
    public async Task The_end_wipes_once_stops_the_renewal_and_leaves_a_rental_that_is_nobodys()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        var end = Assert.IsType<ServerEnd.Kept>(await EndAsync(made.Reference));

        var vm = Assert.Single(Hostinger.Machines);
        Assert.Equal(vm.CreatedAt.AddDays(30), end.PaidUntil);
        Assert.Equal((1, 1106), (vm.Wiped, vm.TemplateId!.Value));
        Assert.StartsWith("spare-", vm.Hostname, StringComparison.Ordinal);
        Assert.Empty(Hostinger.Renewing);
        Assert.Empty(Hostinger.Scripts);
    }

    [Fact]
    public async Task Scripts_of_orders_long_gone_are_removed_with_the_next_order()
    {
        for (var i = 0; i < 120; i++)
        {
            Hostinger.Scripts[i] = (ServerMark.Of(Guid.CreateVersion7()), "", Clock.Now - TimeSpan.FromDays(2));
        }

        Hostinger.Scripts[500] = ("somebody's own", "", Clock.Now - TimeSpan.FromDays(9));
        var order = OrderHere();
        await Provider.CreateAsync(order, CancellationToken.None);

        Assert.Equal(["somebody's own", ServerMark.Of(order.InstanceId)], Hostinger.Scripts.Values.Select(script => script.Name).Order());
    }

    [Fact]
    public async Task What_was_bought_ahead_is_handed_on_too()
    {
        var (spare, _) = await BoughtAheadAsync();
        var order = OrderHere();

        await ((IReusableServers)Provider).TakeOverAsync(spare, order, CancellationToken.None);

        Assert.Equal((false, order.BootScript, true), Only);
        Assert.Equal([order.InstanceId], Hostinger.Marked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_cannot_be_renewed_or_installed_again_stays_a_spare_and_runs_out(bool isRenewalRefused)
    {
        var (spare, _) = await SpareAsync();
        Hostinger.RefusesToRenew = isRenewalRefused;
        Hostinger.RefusesToRecreate = !isRenewalRefused;
        var order = OrderHere();

        var no = await Assert.ThrowsAsync<ProviderException>(() => ((IReusableServers)Provider).TakeOverAsync(spare, order, CancellationToken.None));

        Assert.True(no.IsFinal);
        Assert.Empty(Hostinger.Marked);
        Assert.Empty(Hostinger.Renewing);
        Assert.Null(await Provider.FindAsync(order.InstanceId, CancellationToken.None));
    }

    [Fact]
    public async Task A_spare_that_was_never_set_up_is_left_to_the_pool_and_set_up_when_it_is_handed_on()
    {
        Hostinger.NewState = "initial";
        Hostinger.Fail(Fault.DropAfter, Hostinger.PurchaseCall);
        await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(OrderHere(), CancellationToken.None));
        var vm = Assert.Single(Hostinger.Machines);
        vm.Hostname = $"{ServerMark.Spare(vm.Id)}.{HostingerEmulator.Domain}";
        Hostinger.Renewing.Clear();
        Clock.Advance(TimeSpan.FromHours(1));

        await Provider.CreateAsync(OrderHere(), CancellationToken.None);
        var order = OrderHere();
        await ((IReusableServers)Provider).TakeOverAsync(new Spare(Guid.CreateVersion7(), $"{vm.Id}"), order, CancellationToken.None);

        Assert.Equal((2, order.BootScript), (Hostinger.Machines.Count, vm.BootScript));
        Assert.Contains(vm.SubscriptionId, Hostinger.Renewing);
    }

    protected override (bool IsSpareSystem, string? Script, bool IsRenewed) Only =>
        Assert.Single(Hostinger.Machines) is var vm ? (vm.TemplateId == 1106, vm.BootScript, Hostinger.Renewing.Contains(vm.SubscriptionId)) : default;

    protected override Task<(Spare Spare, Guid First)> SpareAsync() => EndedAsync();

    protected override IServerProvider NewProvider()
    {
        var options = Options.Create(new HostingerOptions { ApiKey = HostingerEmulator.ApiKey, BaseUrl = Hostinger.BaseUrl });
        var api = new HostingerApi(VendorClients.To((HostingerApi.Key, Hostinger.BaseUrl)), options, Clock);
        return new HostingerProvider(api, options, Options.Create(new SpoqOptions { InstanceDomain = HostingerEmulator.Domain }), Clock);
    }
}
