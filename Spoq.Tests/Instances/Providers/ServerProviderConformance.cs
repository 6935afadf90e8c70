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

    [Fact]
    public async Task There_is_nothing_before_the_order()
    {
        Assert.Null(await Provider.FindAsync(Guid.CreateVersion7(), CancellationToken.None));
        Assert.NotEmpty(await Provider.RegionsAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task An_order_is_found_by_instance_and_by_reference_and_comes_up()
    {
        var order = NewOrder();

        var made = await Provider.CreateAsync(order, CancellationToken.None);
        var up = await BecomesAsync(made.Reference, ServerPower.Running);

        Assert.Equal(made.Reference, (await Provider.FindAsync(order.InstanceId, CancellationToken.None))!.Reference);
        Assert.NotNull(up.Endpoint);
        Assert.NotNull(up.PublicAddress);
        await Provider.EndAsync(made.Reference, CancellationToken.None);
    }

    [Fact]
    public async Task It_stops_starts_and_takes_every_wish_twice()
    {
        var made = await Provider.CreateAsync(NewOrder(), CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        await Provider.StopAsync(made.Reference, CancellationToken.None);
        await Provider.StopAsync(made.Reference, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Stopped);
        await Provider.StartAsync(made.Reference, CancellationToken.None);
        await Provider.StartAsync(made.Reference, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        await Provider.EndAsync(made.Reference, CancellationToken.None);
        await Provider.EndAsync(made.Reference, CancellationToken.None);

        Assert.Null(await Provider.GetAsync(made.Reference, CancellationToken.None));
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
}
