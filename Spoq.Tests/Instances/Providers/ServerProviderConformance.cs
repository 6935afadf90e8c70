using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>What every provider keeps to, whoever the vendor is.</summary>
public abstract class ServerProviderConformance
{
    protected abstract IServerProvider Provider { get; }

    protected static ServerOrder NewOrder() =>
        new(Guid.CreateVersion7(), Guid.CreateVersion7(), "alice.localhost", "alice", new ServerSize(1, 2, 10), "local", Guid.NewGuid().ToString("n")) { BootScript = "#!/bin/sh\nexit 0\n" };

    /// <summary>An order that this provider can carry out.</summary>
    protected virtual ServerOrder OrderHere() => NewOrder();

    [Fact]
    public async Task There_is_nothing_before_the_order()
    {
        var id = Guid.CreateVersion7();

        Assert.Null(await Provider.FindAsync(id, CancellationToken.None));
        Assert.NotEmpty(await Provider.RegionsAsync(null, CancellationToken.None));
        Assert.DoesNotContain(await Provider.ListAsync(CancellationToken.None), listed => listed.Mark == id);
    }

    [Fact]
    public async Task An_order_is_found_by_instance_and_by_reference_and_comes_up()
    {
        var order = OrderHere();

        var made = await Provider.CreateAsync(order, CancellationToken.None);
        var up = await BecomesAsync(made.Reference, ServerPower.Running);

        Assert.Equal(made.Reference, (await Provider.FindAsync(order.InstanceId, CancellationToken.None))!.Reference);
        Assert.True(up.Endpoint is not null || up.IsReachedByName);
        Assert.NotNull(up.PublicAddress);
        Assert.Null(up.Trouble);
        Assert.False(up.IsUnfinished);
        var listed = Assert.Single(await Provider.ListAsync(CancellationToken.None), listed => listed.Mark == order.InstanceId);
        Assert.Equal((made.Reference, ServerPower.Running), (listed.Reference, listed.Power));
        await EndAsync(made.Reference);
    }

    [Fact]
    public async Task It_stops_starts_and_takes_every_wish_twice()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        await WishAsync(() => Provider.StopAsync(made.Reference, CancellationToken.None));
        await WishAsync(() => Provider.StopAsync(made.Reference, CancellationToken.None));
        await BecomesAsync(made.Reference, ServerPower.Stopped);
        await WishAsync(() => Provider.StartAsync(made.Reference, CancellationToken.None));
        await WishAsync(() => Provider.StartAsync(made.Reference, CancellationToken.None));
        await BecomesAsync(made.Reference, ServerPower.Running);
        await Provider.SettleAsync(made.Reference, CancellationToken.None);
        await Provider.SettleAsync(made.Reference, CancellationToken.None);
        var end = await EndAsync(made.Reference);

        Assert.Equal(end, await EndAsync(made.Reference));
        Assert.Null(await Provider.GetAsync(made.Reference, CancellationToken.None));
        Assert.Null(await Provider.FindAsync(order.InstanceId, CancellationToken.None));
        Assert.DoesNotContain(await Provider.ListAsync(CancellationToken.None), listed => listed.Mark == order.InstanceId);
        await Provider.StopAsync(made.Reference, CancellationToken.None);
    }

    [Fact]
    public async Task Another_size_is_given_to_the_same_server_or_refused_for_good()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        await WishAsync(() => Provider.StopAsync(made.Reference, CancellationToken.None));
        await BecomesAsync(made.Reference, ServerPower.Stopped);
        var larger = new ServerSize(order.Size.Cpus, order.Size.MemoryGb * 2, order.Size.DiskGb * 2);

        if (Provider.Capabilities.HasFlag(ServerCapabilities.Resize))
        {
            await WishAsync(() => Provider.ResizeAsync(made.Reference, larger, CancellationToken.None));
            await WishAsync(() => Provider.ResizeAsync(made.Reference, larger, CancellationToken.None));
            Assert.Equal(ServerPower.Stopped, (await Provider.GetAsync(made.Reference, CancellationToken.None))!.Power);
        }
        else
        {
            var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.ResizeAsync(made.Reference, larger, CancellationToken.None));
            Assert.Equal(("resize_unavailable", true), (no.Code, no.IsFinal));
        }

        await WishAsync(() => Provider.StartAsync(made.Reference, CancellationToken.None));
        await BecomesAsync(made.Reference, ServerPower.Running);
        Assert.Equal(made.Reference, (await Provider.FindAsync(order.InstanceId, CancellationToken.None))!.Reference);
        Assert.Single(await Provider.ListAsync(CancellationToken.None), listed => listed.Mark == order.InstanceId);
        await EndAsync(made.Reference);
    }

    [Fact]
    public async Task The_same_order_twice_is_one_server()
    {
        var order = OrderHere();

        var first = await Provider.CreateAsync(order, CancellationToken.None);
        var second = await Provider.CreateAsync(order, CancellationToken.None);

        Assert.Equal(first.Reference, second.Reference);
        Assert.Single(await Provider.ListAsync(CancellationToken.None), listed => listed.Mark == order.InstanceId);
        await EndAsync(first.Reference);
    }

    [Fact]
    public async Task A_server_that_is_not_there_cannot_be_started()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await EndAsync(made.Reference);

        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.StartAsync(made.Reference, CancellationToken.None));

        Assert.True(no.IsFinal);
    }

    protected async Task<Server> BecomesAsync(string reference, ServerPower power)
    {
        Server? server = null;
        await Eventually.TrueAsync(
            async () => (server = await Provider.GetAsync(reference, CancellationToken.None))?.Power == power,
            $"the server to be {power}",
            TimeSpan.FromSeconds(60));
        return server!;
    }

    /// <summary>Asks until nothing is left to do.</summary>
    protected async Task<ServerEnd> EndAsync(string reference)
    {
        ServerEnd end = new ServerEnd.Ending("");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (end = await Provider.EndAsync(reference, CancellationToken.None)) is not ServerEnd.Ending;
                }
                catch (ProviderException busy) when (busy.WaitFor is not null)
                {
                    return false;
                }
            },
            "the rental to end",
            TimeSpan.FromSeconds(60));
        return end;
    }

    /// <summary>A vendor that is still at the last wish may ask for patience, and nothing else.</summary>
    private async Task WishAsync(Func<Task> wish) => await Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await wish();
                return true;
            }
            catch (ProviderException busy) when (busy.WaitFor is not null)
            {
                return false;
            }
        },
        "a wish to be taken");
}
