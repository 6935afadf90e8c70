using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Instances.Sweep;

namespace Spoq.Tests.Instances.Pool;

/// <summary>A rental that outlives its instance serves the next one: once, wiped, and never two.</summary>
public sealed class WarmPoolTests(ScriptedWorld world) : IClassFixture<ScriptedWorld>, IAsyncLifetime
{
    [Fact]
    public async Task A_kept_rental_serves_the_next_order_and_nothing_is_bought()
    {
        var spare = await SpareAsync();

        var next = await world.RunningAsync();

        Assert.Equal(spare, world.Find(next).ServerReference);
        Assert.Equal([spare], world.Provider.Taken);
        Assert.Single(world.Provider.Bought);
        Assert.Equal(WarmState.Taken, (await SparesAsync()).Single().State);
        await world.SweepAsync();
        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task Nobody_gets_a_spare_whose_wipe_was_not_seen()
    {
        await EndedAsync();
        foreach (var reference in world.Provider.Kept.Keys)
        {
            world.Provider.Kept[reference] = false;
        }

        await ChoreAsync();
        await world.RunningAsync();

        Assert.Empty(world.Provider.Taken);
        Assert.Equal(2, world.Provider.Bought.Count);
        Assert.Null((await SparesAsync()).Single().WipedAt);
    }

    [Fact]
    public async Task A_lost_answer_takes_the_same_one_over_again()
    {
        var spare = await SpareAsync();
        var losses = 2;
        world.Provider.AfterTakeOver = () => losses-- > 0 ? new ProviderException("The provider said 500, and had done it.") : null;

        var next = await world.RunningAsync();

        Assert.Equal(spare, world.Find(next).ServerReference);
        Assert.Equal(3, world.Provider.Calls.Count(call => call == "take_over"));
        Assert.Single(world.Provider.Taken);
        Assert.Single(world.Provider.Bought);
    }

    [Fact]
    public async Task Many_orders_at_once_on_two_nodes_share_the_spares_one_each()
    {
        for (var i = 0; i < 3; i++)
        {
            await EndedAsync();
        }

        await ChoreAsync();
        var orders = new List<Guid>();
        for (var i = 0; i < 8; i++)
        {
            orders.Add(await world.BuyAsync());
        }

        var other = world.NewNode().GetRequiredService<ProvisioningWorker>();
        foreach (var order in orders)
        {
            await world.DriveAsync(order, InstanceState.Running, other);
        }

        Assert.Equal(3, world.Provider.Taken.Distinct().Count());
        Assert.Equal(3, world.Provider.Taken.Count);
        Assert.Equal(8, orders.Select(order => world.Find(order).ServerReference).Distinct().Count());
        Assert.Equal(3 + 5, world.Provider.Bought.Count);
    }

    [Fact]
    public async Task One_that_cannot_be_taken_over_costs_the_customer_nothing_but_a_moment()
    {
        var spare = await SpareAsync();
        world.Provider.Kept.Clear();

        await world.RunningAsync();

        Assert.Equal(2, world.Provider.Bought.Count);
        Assert.Equal((WarmState.Gone, spare), ((await SparesAsync()).Single().State, (await SparesAsync()).Single().Reference));
    }

    [Fact]
    public async Task A_rental_that_runs_out_is_not_handed_out_and_is_watched_until_it_is_gone()
    {
        await SpareAsync();
        world.Clock.Now = world.Provider.KeptUntil!.Value - WarmServer.LeastLeft + TimeSpan.FromSeconds(1);
        await world.RunningAsync();
        Assert.Empty(world.Provider.Taken);

        world.Clock.Now = world.Provider.KeptUntil.Value.AddDays(1);
        await ChoreAsync();
        Assert.Equal(WarmState.Spare, (await SparesAsync()).Single().State);
        await world.SweepAsync();
        Assert.Single(await world.OrphansAsync());

        world.Provider.Kept.Clear();
        await ChoreAsync();
        Assert.Equal(WarmState.Gone, (await SparesAsync()).Single().State);
    }

    [Fact]
    public async Task A_claim_of_an_order_that_was_cancelled_is_a_spare_again_once_its_wipe_was_seen()
    {
        var spare = await SpareAsync();
        world.Provider.Kept.Clear();
        var next = await world.BuyAsync();
        await world.DriveAsync(next, instance => instance.Step == Step.CreateServer);
        await using (var db = world.NewContext())
        {
            var row = await db.Set<WarmServer>().SingleAsync();
            row.Claim(next, world.Clock.Now);
            await db.SaveChangesAsync();
        }

        var instance = world.Find(next);
        Assert.Null(await world.Get<InstanceService>().CancelAndRefundAsync(instance.AccountId, next, CancellationToken.None));
        await world.DriveAsync(next, InstanceState.Cancelled);
        world.Provider.Kept[spare] = true;
        await ChoreAsync();
        Assert.Equal(WarmState.Claimed, (await SparesAsync()).Single().State);
        world.Clock.Advance(WarmServer.ClaimRest);
        await ChoreAsync();
        Assert.Equal((WarmState.Spare, (DateTimeOffset?)null), ((await SparesAsync()).Single().State, (await SparesAsync()).Single().WipedAt));
        await ChoreAsync();

        Assert.NotNull((await SparesAsync()).Single().WipedAt);
    }

    [Fact]
    public async Task A_rental_that_cannot_be_renewed_again_is_watched_and_handed_to_nobody()
    {
        world.Provider.RenewsAgain = false;
        await SpareAsync();

        await world.RunningAsync();

        Assert.Empty(world.Provider.Taken);
        Assert.False(world.Get<WarmPool>().ServesAgain((await SparesAsync()).Single()));
    }

    [Fact]
    public async Task An_end_that_was_not_written_down_still_brings_the_rental_to_the_pool()
    {
        var id = await world.RunningAsync();
        Assert.Null(await world.Get<InstanceService>().DeleteAsync(world.Find(id).AccountId, id, CancellationToken.None));
        await world.DriveAsync(id, instance => instance.Step == Step.DeleteServer);
        Assert.IsType<ServerEnd.Kept>(await world.Provider.EndAsync(id.ToString(), CancellationToken.None));

        await world.DriveAsync(id, InstanceState.Deleted);

        Assert.Equal((id.ToString(), world.Provider.KeptUntil), ((await SparesAsync()).Single().Reference, (await SparesAsync()).Single().PaidUntil));
    }

    [Fact]
    public async Task A_setting_keeps_spares_ready_and_a_lost_answer_buys_none_twice()
    {
        var options = PoolOptions.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Pool:fra"] = "2 vps-1" }).Build(), world.Get<PlanCatalogue>());
        world.Provider.Regions = [new ServerRegion("fra", "Frankfurt", true)];
        var losses = 1;
        world.Provider.AfterCreate = () => losses-- > 0 ? new ProviderException("The provider said 500, and had done it.") : null;
        var chore = ActivatorUtilities.CreateInstance<PoolChore>(world.Services, options);

        for (var run = 0; run < 4; run++)
        {
            await chore.RunAsync(CancellationToken.None);
        }

        Assert.Equal(2, world.Provider.Bought.Count);
        Assert.Equal(2, (await SparesAsync()).Count(row => row is { State: WarmState.Spare, Region: "fra", Plan: "vps-1", PaidUntil: null }));
        await world.SweepAsync();
        Assert.Empty(await world.OrphansAsync());
    }

    [Theory]
    [InlineData("many")]
    [InlineData("-1")]
    [InlineData("2 cloud")]
    [InlineData("2 vps-1 fast")]
    [InlineData("9000")]
    public void A_setting_that_cannot_be_meant_stops_the_start_and_is_named(string text)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Pool:fra"] = text }).Build();

        var no = Assert.Throws<InvalidOperationException>(() => PoolOptions.From(configuration, world.Get<PlanCatalogue>()));

        Assert.StartsWith("Pool__fra is", no.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_administrator_sees_how_often_the_pool_served()
    {
        var before = await world.Get<WarmPool>().ReportAsync(CancellationToken.None);
        await SpareAsync();
        await world.RunningAsync();

        var after = await world.Get<WarmPool>().ReportAsync(CancellationToken.None);

        Assert.Equal((before.Taken + 1, before.Orders + 2), (after.Taken, after.Orders));
        Assert.Contains(await world.Get<ServerCapacity>().ListAsync(CancellationToken.None), row => row is { Provider: ScriptedProvider.Key, Used: > 0 });
    }

    public async Task InitializeAsync()
    {
        world.Reset();
        await using var db = world.NewContext();
        await db.Set<WarmServer>().ExecuteDeleteAsync();
        world.Provider.KeptUntil = world.Clock.Now.AddDays(20);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private Task ChoreAsync() => world.Get<PoolChore>().RunAsync(CancellationToken.None);

    /// <summary>Somebody's computer came to its end, and its rental did not.</summary>
    private async Task<Guid> EndedAsync()
    {
        // Bought past the pool, which would serve it.
        await using (var db = world.NewContext())
        {
            await db.Set<WarmServer>().ExecuteUpdateAsync(set => set.SetProperty(row => row.WipedAt, (DateTimeOffset?)null));
        }

        var id = await world.RunningAsync();
        Assert.Null(await world.Get<InstanceService>().DeleteAsync(world.Find(id).AccountId, id, CancellationToken.None));
        await world.DriveAsync(id, InstanceState.Deleted);
        return id;
    }

    private async Task<string> SpareAsync()
    {
        var id = await EndedAsync();
        await ChoreAsync();
        return id.ToString();
    }

    private async Task<IReadOnlyList<WarmServer>> SparesAsync()
    {
        await using var db = world.NewContext();
        return await db.Set<WarmServer>().AsNoTracking().ToListAsync();
    }
}
