using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Contabo;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Contabo;

namespace Spoq.Tests.Instances.Providers;

public sealed class ContaboProviderTests : RentalConformance
{
    private ContaboEmulator? _vendor;

    internal override ServerVendorEmulator Vendor => Contabo;

    protected override ServerSize Size => new(4, 16, 200);

    protected override string Region => "US-central";

    private ContaboEmulator Contabo => _vendor ??= new ContaboEmulator(Clock);

    [Fact]
    public async Task An_order_names_product_region_and_the_newest_ubuntu_and_carries_the_script()
    {
        var order = OrderHere();

        await Provider.CreateAsync(order, CancellationToken.None);

        var server = Assert.Single(Contabo.Servers);
        Assert.Equal(("V98", "US-central", "i-2404", order.BootScript), (server.Product, server.Region, server.ImageId, server.UserData));
        Assert.Equal(ServerMark.Of(order.InstanceId), server.DisplayName);
        Assert.Single(Contabo.Secrets);
    }

    [Fact]
    public async Task A_token_is_asked_for_once_and_again_when_it_runs_out_or_is_refused()
    {
        var id = Guid.CreateVersion7();
        await Provider.FindAsync(id, CancellationToken.None);
        await Provider.FindAsync(id, CancellationToken.None);
        var atFirst = Contabo.TokensGiven;
        Clock.Advance(TimeSpan.FromSeconds(290));
        await Provider.FindAsync(id, CancellationToken.None);
        var later = Contabo.TokensGiven;
        Contabo.RevokeTokens();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Provider.FindAsync(id, CancellationToken.None)));

        Assert.Equal((1, 2, 3), (atFirst, later, Contabo.TokensGiven));
    }

    [Fact]
    public async Task A_full_account_offers_no_region_and_sells_nothing()
    {
        Contabo.Others = 75;

        Assert.All(await Provider.RegionsAsync(Size, CancellationToken.None), region => Assert.False(region.IsAvailable));
        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(OrderHere(), CancellationToken.None));

        Assert.Equal(("sold_out", true), (no.Code, no.IsFinal));
        Assert.Empty(Contabo.Bought);
    }

    [Theory]
    [InlineData("manual_provisioning")]
    [InlineData("verification_required")]
    [InlineData("pending_payment")]
    [InlineData("product_not_available")]
    public async Task An_order_that_needs_a_person_says_so_and_is_no_failure_of_the_call(string status)
    {
        Contabo.NewStatus = status;

        var made = await Provider.CreateAsync(OrderHere(), CancellationToken.None);
        var seen = await Provider.GetAsync(made.Reference, CancellationToken.None);
        await EndAsync(made.Reference);

        Assert.NotNull(made.Trouble);
        Assert.Equal((made.Trouble, ServerPower.Starting), (seen!.Trouble, seen.Power));
        Assert.Empty(Contabo.Marked);
        Assert.NotNull(Assert.Single(Contabo.Servers).CancelDate);
    }

    [Fact]
    public async Task The_end_wipes_once_and_names_the_date()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        var end = Assert.IsType<ServerEnd.Kept>(await EndAsync(made.Reference));

        var server = Assert.Single(Contabo.Servers);
        Assert.Equal((1, "i-d12"), (server.Wiped, server.ImageId));
        Assert.Equal(Clock.Now.AddDays(28).Date, end.PaidUntil?.Date);
        Assert.Empty(Contabo.Secrets);
    }

    [Fact]
    public async Task One_that_cannot_be_cancelled_is_wiped_and_then_a_persons()
    {
        Contabo.RefusesToCancel = true;
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        var no = await Assert.ThrowsAsync<ProviderException>(() => EndAsync(made.Reference));
        var wiped = Assert.Single(Contabo.Servers).Wiped;
        Contabo.RefusesToCancel = false;
        var end = await EndAsync(made.Reference);

        Assert.Equal(("needs_person", false), (no.Code, no.IsFinal));
        Assert.Equal(1, wiped);
        Assert.IsType<ServerEnd.Kept>(end);
    }

    [Fact]
    public async Task A_cancellation_is_never_taken_back_so_who_was_cancelled_serves_nobody_again()
    {
        var (spare, _) = await EndedAsync();

        var no = await Assert.ThrowsAsync<ProviderException>(() => ((IReusableServers)Provider).TakeOverAsync(spare, OrderHere(), CancellationToken.None));

        Assert.True(no.IsFinal);
        Assert.False(((IReusableServers)Provider).RenewsAgain);
        Assert.Empty(Contabo.Marked);
        Assert.True(Only.IsSpareSystem);
    }

    [Fact]
    public async Task One_that_the_pool_wants_is_wiped_and_not_cancelled_and_serves_the_next()
    {
        var first = OrderHere();
        var made = await Provider.CreateAsync(first, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        var rentals = (IReusableServers)Provider;
        ServerEnd end;
        while ((end = await rentals.KeepAsync(made.Reference, CancellationToken.None)) is ServerEnd.Ending)
        {
            // Asked again until nothing is left to do.
        }

        Assert.Equal(new ServerEnd.Kept(null), end);
        Assert.Equal((true, null, true), Only);
        Assert.Equal(end, await rentals.KeepAsync(made.Reference, CancellationToken.None));
        var order = OrderHere();
        await rentals.TakeOverAsync(new Spare(Guid.CreateVersion7(), made.Reference), order, CancellationToken.None);
        Assert.Equal((false, order.BootScript, true), Only);
        Assert.Single(Contabo.Bought);
    }

    [Fact]
    public async Task One_that_was_kept_for_the_pool_can_still_be_ended()
    {
        var made = await Provider.CreateAsync(OrderHere(), CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        while (await ((IReusableServers)Provider).KeepAsync(made.Reference, CancellationToken.None) is ServerEnd.Ending)
        {
            // Asked again until nothing is left to do.
        }

        var end = Assert.IsType<ServerEnd.Kept>(await EndAsync(made.Reference));

        Assert.NotNull(end.PaidUntil);
        Assert.NotNull(Assert.Single(Contabo.Servers).CancelDate);
    }

    protected override (bool IsSpareSystem, string? Script, bool IsRenewed) Only =>
        Assert.Single(Contabo.Servers) is var server ? (server.ImageId == "i-d12", server.UserData, server.CancelDate is null) : default;

    protected override Task<(Spare Spare, Guid First)> SpareAsync() => BoughtAheadAsync();

    protected override IServerProvider NewProvider()
    {
        var options = Options.Create(new ContaboOptions
        {
            ClientId = ContaboEmulator.ClientId,
            ClientSecret = ContaboEmulator.ClientSecret,
            ApiUser = ContaboEmulator.ApiUser,
            ApiPassword = ContaboEmulator.ApiPassword,
            BaseUrl = Contabo.BaseUrl,
            AuthUrl = Contabo.BaseUrl,
        });
        var clients = VendorClients.To((ContaboApi.Key, Contabo.BaseUrl), (ContaboTokens.Key, Contabo.BaseUrl));
        return new ContaboProvider(new ContaboApi(clients, new ContaboTokens(clients, options, Clock), Clock), options, Clock);
    }
}
