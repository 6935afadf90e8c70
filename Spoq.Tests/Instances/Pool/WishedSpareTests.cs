using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Instances.Sweep;

namespace Spoq.Tests.Instances.Pool;

/// <summary>A provider that takes no cancellation back: what ends while a setting wants a spare is not cancelled in the first place.</summary>
public sealed class WishedSpareTests(WishedSpareTests.Wishful world) : IClassFixture<WishedSpareTests.Wishful>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        world.Provider.Clear();
        await using var db = world.NewContext();
        await db.Set<WarmServer>().ExecuteDeleteAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_ended_server_fills_the_wish_and_serves_the_next_order_and_the_one_after_the_wish_is_cancelled()
    {
        (world.Provider.RenewsAgain, world.Provider.KeptUntil) = (false, world.Clock.Now.AddDays(20));
        var (first, second) = (await RunningAsync(), await RunningAsync());

        await DeleteAsync(first);
        await DeleteAsync(second);
        await world.Get<PoolChore>().RunAsync(CancellationToken.None);
        var third = await RunningAsync();

        Assert.Equal(1, world.Provider.Calls.Count(call => call == "keep"));
        Assert.Equal(first.ToString(), world.Find(third).ServerReference);
        Assert.Equal(2, world.Provider.Bought.Count);
        await using var db = world.NewContext();
        Assert.Equal([(first.ToString(), null, WarmState.Taken), (second.ToString(), world.Provider.KeptUntil, WarmState.Spare)],
            (await db.Set<WarmServer>().OrderBy(row => row.PaidUntil != null).ToListAsync()).Select(row => (row.Reference!, row.PaidUntil, row.State)));
    }

    [Fact]
    public async Task A_spare_that_nobody_wishes_for_any_more_is_not_renewed_for_ever_and_goes_to_nobody()
    {
        (world.Provider.RenewsAgain, world.Provider.KeptUntil) = (false, world.Clock.Now.AddDays(20));
        var first = await RunningAsync();
        await DeleteAsync(first);
        await world.Get<PoolChore>().RunAsync(CancellationToken.None);
        Assert.Null((await SpareAsync(first)).PaidUntil);

        // The setting is taken away: a node starts without it.
        var without = ActivatorUtilities.CreateInstance<PoolChore>(world.Services, PoolOptions.From(new ConfigurationBuilder().Build(), world.Get<PlanCatalogue>()));
        await without.RunAsync(CancellationToken.None);
        Assert.Equal(world.Clock.Now, (await SpareAsync(first)).PaidUntil);
        var before = world.Provider.Calls.Count(call => call == "end");
        await without.RunAsync(CancellationToken.None);

        Assert.Equal(before + 1, world.Provider.Calls.Count(call => call == "end"));
        Assert.Equal(world.Provider.KeptUntil, (await SpareAsync(first)).PaidUntil);
        Assert.NotEqual(first.ToString(), world.Find(await RunningAsync()).ServerReference);
    }

    private async Task<WarmServer> SpareAsync(Guid instanceId)
    {
        await using var db = world.NewContext();
        var reference = instanceId.ToString();
        return await db.Set<WarmServer>().AsNoTracking().SingleAsync(row => row.Reference == reference);
    }

    private async Task<Guid> RunningAsync()
    {
        var id = await Purchase.BuyAsync(world.Services, await world.AddAccountAsync(), ScriptedProvider.Key, "vps-1");
        await world.DriveAsync(id, InstanceState.Running);
        return id;
    }

    private async Task DeleteAsync(Guid id)
    {
        Assert.Null(await world.Get<InstanceService>().DeleteAsync(world.Find(id).AccountId, id, CancellationToken.None));
        await world.DriveAsync(id, InstanceState.Deleted);
    }

    public sealed class Wishful : ScriptedWorld
    {
        protected override void Configure(HostApplicationBuilder builder)
        {
            base.Configure(builder);
            builder.Configuration["Pool:local"] = "1 vps-1";
        }
    }
}
