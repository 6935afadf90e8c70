using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Pool;

namespace Spoq.Tests.Instances.Providers;

/// <summary>
/// A node that dies at any call while a spare is handed on, and another that goes on: the spare is one instance's, nothing is
/// bought for it, and of two that want it one gets it.
/// </summary>
public sealed class EveryInstantOfThePoolTests(VendorWorld world, Xunit.Abstractions.ITestOutputHelper output) : InstantsOfAVendor(world, output), IClassFixture<VendorWorld>
{
    /// <summary>Each takes making a spare besides.</summary>
    private const int Usual = 6;

    public static TheoryData<string, string, string> Vendors => new() { { "hostinger", "vps-2", "frankfurt" }, { "contabo", "vps-4", "EU" } };

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_spare_serves_one_order_whenever_a_node_dies(string vendor, string plan, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(async () =>
        {
            await SpareAsync(vendor, plan, region);
            World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
            await BuyAsync(vendor, plan, region, InstanceState.Running);
        }, Usual))
        {
            World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
            var spare = await SpareAsync(vendor, plan, region);
            var before = emulator.Bought.Count;
            World.Death.Plan(at, where);

            var instance = await BuyAsync(vendor, plan, region, InstanceState.Running);

            var instant = $"{vendor}, call {at}, {where}";
            var bought = emulator.Bought.Count - before;
            Assert.True(emulator.Marked.Count(id => id == instance.Id) == 1, $"{instant}: {emulator.Marked.Count(id => id == instance.Id)} servers carry the mark");
            Assert.False(emulator.HoldsSecretsOf(instance.Id), $"{instant}: the vendor still holds what the making needed");
            Assert.True((instance.ServerReference == spare.Reference ? 0 : 1) == bought, $"{instant}: {bought} servers were bought, and the instance has {instance.ServerReference} where {spare.Reference} was spare");
            await AssertBooksAsync(instant);
        }

        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(World.Zone.Wrong).Distinct().Take(5)));
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task Of_two_orders_on_two_nodes_one_gets_the_spare_whenever_a_node_dies(string vendor, string plan, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(() => TwoAsync(vendor, plan, region, () => World.Death.Plan(int.MaxValue, DeathAt.BeforeSending)), Usual))
        {
            var before = 0;
            var (spare, instances) = await TwoAsync(vendor, plan, region, () =>
            {
                before = emulator.Bought.Count;
                World.Death.Plan(at, where);
            });

            var instant = $"{vendor}, call {at}, {where}";
            var bought = emulator.Bought.Count - before;
            var served = instances.Count(instance => instance.ServerReference == spare.Reference);
            Assert.True(served <= 1 && bought == 2 - served, $"{instant}: {served} have the spare and {bought} were bought");
            Assert.True(instances.All(instance => emulator.Marked.Count(id => id == instance.Id) == 1), $"{instant}: not every instance has one server");
            Assert.NotEqual(instances[0].ServerReference, instances[1].ServerReference);
            await AssertBooksAsync(instant);
        }
    }

    private async Task<(WarmServer Spare, IReadOnlyList<Instance> Instances)> TwoAsync(string vendor, string plan, string region, Action begin)
    {
        World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
        var spare = await SpareAsync(vendor, plan, region);
        Guid[] ids = [await OrderAsync(vendor, plan, region), await OrderAsync(vendor, plan, region)];
        begin();
        return (spare, await DriveAsync(InstanceState.Running, ids));
    }

    /// <summary>What the pool calls taken is an instance's own, and no two rows name one server.</summary>
    private async Task AssertBooksAsync(string instant)
    {
        await using var db = World.NewContext();
        var lines = await db.Set<ProviderServer>().Where(line => line.RemovedAt == null && line.Reference != null).Select(line => line.Provider + line.Reference).ToListAsync();
        Assert.True(lines.Distinct().Count() == lines.Count, $"{instant}: two orders name one server");
        var open = await db.Set<WarmServer>().Where(row => row.State == WarmState.Spare || row.State == WarmState.Claimed).Select(row => row.Provider + row.Reference).ToListAsync();
        Assert.True(!open.Intersect(lines).Any(), $"{instant}: a server in use is still called a spare");
    }

    /// <summary>Exactly one that may be had: at Hostinger one that was somebody's, at Contabo one that was bought ahead.</summary>
    private async Task<WarmServer> SpareAsync(string vendor, string plan, string region)
    {
        await using (var db = World.NewContext())
        {
            await db.Set<WarmServer>().ExecuteDeleteAsync();
        }

        if (vendor == "hostinger")
        {
            await DeleteAsync((await BuyAsync(vendor, plan, region, InstanceState.Running)).Id);
        }

        var wishes = PoolOptions.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [$"Pool:{region}"] = $"1 {plan}" }).Build(), Living<PlanCatalogue>());
        var chore = ActivatorUtilities.CreateInstance<PoolChore>(World.Living, wishes);
        for (var turn = 0; turn < 10; turn++)
        {
            await chore.RunAsync(CancellationToken.None);
            await using var db = World.NewContext();
            if (await db.Set<WarmServer>().AsNoTracking().SingleAsync() is { WipedAt: not null } spare)
            {
                return spare;
            }
        }

        throw new TimeoutException("The spare was not seen to be wiped.");
    }
}
