using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Tests.Emulators;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>What every provider keeps to besides, whose rentals outlive their instances.</summary>
public abstract class RentalConformance : VendorConformance
{
    private IReusableServers Rentals => (IReusableServers)Provider;

    /// <summary>System, script and renewal of the one server that there is.</summary>
    protected abstract (bool IsSpareSystem, string? Script, bool IsRenewed) Only { get; }

    [Fact]
    public async Task A_spare_becomes_the_orders_with_a_new_system_and_is_renewed()
    {
        var (spare, first) = await SpareAsync();
        var order = OrderHere();

        var taken = await Rentals.TakeOverAsync(spare, order, CancellationToken.None);
        var server = await BecomesAsync(taken.Reference, ServerPower.Running);

        Assert.Equal(spare.Reference, (await Provider.FindAsync(order.InstanceId, CancellationToken.None))?.Reference);
        Assert.Null(await Provider.FindAsync(first, CancellationToken.None));
        Assert.Equal((false, order.BootScript, true), Only);
        Assert.True(server.IsReachedByName && server.PublicAddress is not null);
        Assert.Single(Vendor.Bought);
    }

    [Theory]
    [InlineData(nameof(Fault.DropBefore))]
    [InlineData(nameof(Fault.DropAfter))]
    [InlineData(nameof(Fault.ErrorAfter))]
    [InlineData(nameof(Fault.TooMany))]
    [InlineData(nameof(Fault.GarbageAfter))]
    public async Task Every_call_of_a_take_over_may_fail_once(string fault)
    {
        var (spare, _) = await SpareAsync();
        var order = OrderHere();
        foreach (var verb in (string[])["GET", "POST", "PUT", "PATCH", "DELETE"])
        {
            Vendor.Fail(Enum.Parse<Fault>(fault), $"{verb} *", times: 2);
        }

        await TakeOverAsync(spare, order);
        await BecomesAsync(spare.Reference, ServerPower.Running);

        Assert.Equal([order.InstanceId], Vendor.Marked);
        Assert.Equal((false, order.BootScript, true), Only);
        Assert.Single(Vendor.Bought);
    }

    [Fact]
    public async Task A_take_over_that_is_given_up_anywhere_ends_as_a_spare_again()
    {
        for (var at = 0; ; at++)
        {
            var (spare, _) = await SpareAsync();
            var order = OrderHere();
            Vendor.FailFrom(at);
            var isTaken = await IsTakenOverAsync(spare, order);
            Vendor.FailFrom(null);
            if (await Provider.FindAsync(order.InstanceId, CancellationToken.None) is { } half)
            {
                await EndAsync(half.Reference);
            }

            Assert.DoesNotContain(order.InstanceId, Vendor.Marked);
            Assert.False(Vendor.HoldsSecretsOf(order.InstanceId) && isTaken);
            if (isTaken)
            {
                Assert.True(at > 3, $"{at} calls are no take-over");
                break;
            }
        }
    }

    [Fact]
    public async Task Who_has_an_owner_is_not_handed_on()
    {
        var owned = OrderHere();
        var made = await Provider.CreateAsync(owned, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        var spare = new Spare(Guid.CreateVersion7(), made.Reference);

        var no = await Assert.ThrowsAsync<ProviderException>(() => Rentals.TakeOverAsync(spare, OrderHere(), CancellationToken.None));

        Assert.True(no.IsFinal);
        Assert.Equal(SpareLook.NotWiped, await Rentals.LookAtAsync(spare, CancellationToken.None));
        Assert.Equal([owned.InstanceId], Vendor.Marked);
        Assert.Equal((false, owned.BootScript, true), Only);
    }

    [Fact]
    public async Task One_that_is_not_there_any_more_is_no_spare()
    {
        var spare = new Spare(Guid.CreateVersion7(), "4242");

        var no = await Assert.ThrowsAsync<ProviderException>(() => Rentals.TakeOverAsync(spare, OrderHere(), CancellationToken.None));

        Assert.True(no.IsFinal);
        Assert.Equal(SpareLook.Gone, await Rentals.LookAtAsync(spare, CancellationToken.None));
    }

    /// <summary>One that may be handed on, and whose it was.</summary>
    protected abstract Task<(Spare Spare, Guid First)> SpareAsync();

    /// <summary>Bought ahead of need, and seen to be a spare.</summary>
    protected async Task<(Spare, Guid)> BoughtAheadAsync()
    {
        var order = OrderHere() with { BootScript = "#!/bin/sh\n", IsSpare = true };
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        var spare = new Spare(order.InstanceId, made.Reference);
        Assert.Equal(SpareLook.Wiped, await Rentals.LookAtAsync(spare, CancellationToken.None));
        return (spare, order.InstanceId);
    }

    /// <summary>Somebody's, until it came to its end.</summary>
    protected async Task<(Spare, Guid)> EndedAsync()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        await EndAsync(made.Reference);
        var spare = new Spare(Guid.CreateVersion7(), made.Reference);
        Assert.Equal(SpareLook.Wiped, await Rentals.LookAtAsync(spare, CancellationToken.None));
        return (spare, order.InstanceId);
    }

    private Task TakeOverAsync(Spare spare, ServerOrder order) => Eventually.TrueAsync(() => IsTakenOverAsync(spare, order), "the spare to be taken over");

    private async Task<bool> IsTakenOverAsync(Spare spare, ServerOrder order)
    {
        try
        {
            await Rentals.TakeOverAsync(spare, order, CancellationToken.None);
            return true;
        }
        catch (ProviderException busy) when (busy.WaitFor is not null)
        {
            return false;
        }
    }
}
