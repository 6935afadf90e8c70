using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Tests.Emulators;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>What every provider over a network keeps to besides, while its vendor does the worst.</summary>
public abstract class VendorConformance : ServerProviderConformance, IAsyncLifetime
{
    private IServerProvider _provider = null!;

    protected sealed override IServerProvider Provider => _provider;

    internal abstract ServerVendorEmulator Vendor { get; }

    protected TestClock Clock { get; } = new();

    protected abstract ServerSize Size { get; }

    protected abstract string Region { get; }

    protected abstract IServerProvider NewProvider();

    protected sealed override ServerOrder OrderHere()
    {
        var token = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());
        return new(Guid.CreateVersion7(), Guid.CreateVersion7(), "alice.spoq.example", "alice", Size, Region, token) { BootScript = $"#!/bin/bash\nexport SPOQ_URL='https://spoq.example' SPOQ_INSTANCE='x' SPOQ_TOKEN='{token}'\n" };
    }

    [Theory]
    [InlineData(nameof(Fault.DropBefore), 0)]
    [InlineData(nameof(Fault.ErrorBefore), 0)]
    [InlineData(nameof(Fault.TooMany), 0)]
    [InlineData(nameof(Fault.DropAfter), 1)]
    [InlineData(nameof(Fault.ErrorAfter), 1)]
    [InlineData(nameof(Fault.PageAfter), 1)]
    [InlineData(nameof(Fault.GarbageAfter), 1)]
    public async Task A_purchase_whose_answer_was_lost_is_found_and_not_repeated(string fault, int bought)
    {
        var order = OrderHere();
        Vendor.ListLag = Provider.LookupLag;
        Vendor.Fail(Enum.Parse<Fault>(fault), Vendor.PurchaseCall);

        var lost = await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(order, CancellationToken.None));
        var boughtAtFirst = Vendor.Bought.Count;
        Clock.Advance(Provider.LookupLag);
        var found = await Provider.FindAsync(order.InstanceId, CancellationToken.None);
        var made = found is null or { IsUnfinished: true } ? await Provider.CreateAsync(order, CancellationToken.None) : found;
        await BecomesAsync(made.Reference, ServerPower.Running);

        Assert.NotNull(lost.WaitFor);
        Assert.False(lost.IsFinal);
        Assert.Equal(bought, boughtAtFirst);
        Assert.Single(Vendor.Bought);
        Assert.Single(Vendor.Marked);
    }

    [Theory]
    [InlineData(nameof(Fault.TooManyWithHeaders), 7)]
    [InlineData(nameof(Fault.TooMany), 60)]
    [InlineData(nameof(Fault.ErrorBefore), 15)]
    [InlineData(nameof(Fault.DropBefore), 15)]
    [InlineData(nameof(Fault.PageAfter), 15)]
    [InlineData(nameof(Fault.GarbageAfter), 15)]
    public async Task Trouble_of_the_vendors_own_is_patience_and_no_failure(string fault, int seconds)
    {
        var order = OrderHere();
        await Provider.CreateAsync(order, CancellationToken.None);
        Vendor.Fail(Enum.Parse<Fault>(fault), Vendor.LookCall);

        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.FindAsync(order.InstanceId, CancellationToken.None));

        Assert.Equal(TimeSpan.FromSeconds(seconds), no.WaitFor);
        Assert.NotNull(await Provider.FindAsync(order.InstanceId, CancellationToken.None));
    }

    [Fact]
    public async Task A_vendor_that_says_nothing_is_left_when_asked_to()
    {
        Vendor.Fail(Fault.Hang, Vendor.LookCall);
        using var patience = new CancellationTokenSource();
        var look = Provider.FindAsync(Guid.CreateVersion7(), patience.Token);
        await Vendor.Hung.Task;

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => look);
    }

    [Theory]
    [InlineData(nameof(Fault.DropAfter))]
    [InlineData(nameof(Fault.ErrorAfter))]
    [InlineData(nameof(Fault.TooMany))]
    public async Task Every_call_of_an_end_may_fail_once(string fault)
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        foreach (var verb in (string[])["GET", "POST", "PUT", "PATCH", "DELETE"])
        {
            Vendor.Fail(Enum.Parse<Fault>(fault), $"{verb} *", times: 2);
        }

        await EndAsync(made.Reference);

        Assert.Empty(Vendor.Marked);
        Assert.False(Vendor.HoldsSecretsOf(order.InstanceId));
        Assert.Null(await Provider.FindAsync(order.InstanceId, CancellationToken.None));
    }

    [Fact]
    public async Task What_one_purchase_made_twice_is_ended_one_by_one()
    {
        var order = OrderHere();
        Vendor.PerPurchase = 2;
        await Provider.CreateAsync(order, CancellationToken.None);
        var listed = await Provider.ListAsync(CancellationToken.None);

        for (var turn = 0; turn < 3 && await Provider.FindAsync(order.InstanceId, CancellationToken.None) is { } server; turn++)
        {
            await EndAsync(server.Reference);
        }

        Assert.All(listed, server => Assert.Equal(order.InstanceId, server.Mark));
        Assert.Empty(Vendor.Marked);
    }

    [Fact]
    public async Task A_server_that_does_not_come_up_stays_visibly_on_its_way_and_can_be_ended()
    {
        var order = OrderHere();
        Vendor.IsStuck = true;
        var made = await Provider.CreateAsync(order, CancellationToken.None);

        var stuck = await Provider.GetAsync(made.Reference, CancellationToken.None);
        Vendor.IsStuck = false;
        await EndAsync(made.Reference);

        Assert.Equal(ServerPower.Starting, stuck!.Power);
        Assert.Empty(Vendor.Marked);
    }

    [Fact]
    public async Task What_is_sold_out_says_so_and_buys_nothing()
    {
        Vendor.IsSoldOut = true;

        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(OrderHere(), CancellationToken.None));

        Assert.Null(no.WaitFor);
        Assert.Empty(Vendor.Bought);
        Assert.DoesNotContain("<", no.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_the_making_needed_is_gone_once_the_server_is_settled()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        var before = Vendor.HoldsSecretsOf(order.InstanceId);

        await Provider.SettleAsync(made.Reference, CancellationToken.None);

        Assert.True(before);
        Assert.False(Vendor.HoldsSecretsOf(order.InstanceId));
    }

    [Fact]
    public async Task A_region_says_whether_it_has_room_for_a_size()
    {
        var fits = await Provider.RegionsAsync(Size, CancellationToken.None);
        var tooLarge = await Provider.RegionsAsync(new ServerSize(64, 1024, 9000), CancellationToken.None);

        Assert.Contains(fits, region => region.Key == Region && region.IsAvailable);
        Assert.DoesNotContain(tooLarge, region => region.IsAvailable);
    }

    public async Task InitializeAsync()
    {
        await Vendor.StartAsync();
        _provider = NewProvider();
    }

    public async Task DisposeAsync()
    {
        await Vendor.DisposeAsync();
        Assert.True(Vendor.Wrong.IsEmpty, string.Join("; ", Vendor.Wrong.Distinct().Take(5)));
    }
}
