using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances.Resizing;

namespace Spoq.Tests.Instances.Providers;

/// <summary>
/// A node that dies at any of its calls to a vendor, in any of three ways, and another that goes on: one purchase for each payment,
/// by the vendor's own ledger, and nothing left when the computer is deleted. <c>SPOQ_M1_INSTANTS</c> sets how many instants of
/// each road are tried, spread evenly (12; <c>all</c> for each of them, see <c>scripts/purchases</c>).
/// </summary>
public sealed class EveryInstantTests(VendorWorld world, Xunit.Abstractions.ITestOutputHelper output) : InstantsOfAVendor(world, output), IClassFixture<VendorWorld>
{
    public static TheoryData<string, string, string> Vendors => new() { { "hostinger", "vps-2", "frankfurt" }, { "contabo", "vps-4", "EU" }, { "fly", "cloud", "ams" } };

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task Each_payment_buys_one_server_whenever_a_node_dies(string vendor, string plan, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(async () => await BuyAsync(vendor, plan, region, InstanceState.Running)))
        {
            World.Death.Plan(at, where);
            var before = emulator.Bought.Count;

            var instance = await BuyAsync(vendor, plan, region, InstanceState.Running);

            var instant = $"{vendor}, call {at}, {where}";
            Assert.True(emulator.Bought.Count == before + 1, $"{instant}: {emulator.Bought.Count - before} servers were bought for one payment");
            Assert.True(emulator.Marked.Count(id => id == instance.Id) == 1, $"{instant}: {emulator.Marked.Count(id => id == instance.Id)} servers carry the mark");
            Assert.True(World.Zone.Records.Count(record => record.Name == instance.Hostname) == 1, $"{instant}: the name has not one record");
            Assert.False(emulator.HoldsSecretsOf(instance.Id), $"{instant}: the vendor still holds what the making needed");
        }

        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(World.Zone.Wrong).Distinct().Take(5)));
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_deleted_computer_leaves_nothing_whenever_a_node_dies(string vendor, string plan, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(async () => await DeleteAsync((await BuyAsync(vendor, plan, region, InstanceState.Running)).Id)))
        {
            World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
            var id = (await BuyAsync(vendor, plan, region, InstanceState.Running)).Id;
            World.Death.Plan(at, where);

            var instance = await DeleteAsync(id);

            var instant = $"{vendor}, call {at}, {where}";
            Assert.True(!emulator.Marked.Contains(id), $"{instant}: a server still carries the mark");
            Assert.True(World.Zone.Records.All(record => record.Name != instance.Hostname), $"{instant}: the name still points somewhere");
            Assert.True(World.Clock.Now - World.Zone.RemovedAt[instance.Hostname] >= TimeSpan.FromSeconds(60), $"{instant}: the address was given up while resolvers still knew it");
            Assert.True(!emulator.HoldsSecretsOf(id), $"{instant}: the vendor still holds what the making needed");
        }

        Assert.Empty(World.Hostinger.Renewing.Except(World.Hostinger.Machines.Where(vm => vm.Hostname.StartsWith("spoq-", StringComparison.Ordinal)).Select(vm => vm.SubscriptionId)));
        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(World.Zone.Wrong).Distinct().Take(5)));
    }

    [Fact]
    public async Task A_size_is_changed_and_paid_once_whenever_a_node_dies()
    {
        foreach (var (at, where) in await InstantsAsync(async () => await ResizeAsync((await BuyAsync("fly", "vps-1", "ams", InstanceState.Running)).Id)))
        {
            World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
            var id = (await BuyAsync("fly", "vps-1", "ams", InstanceState.Running)).Id;
            World.Death.Plan(at, where);
            var before = World.Vendors.Fly.Bought.Count;

            var instance = await ResizeAsync(id);

            var instant = $"fly, call {at}, {where}";
            var app = World.Vendors.Fly.Apps[instance.ServerReference!];
            Assert.True((instance.Plan, instance.NextPlan, instance.ServerPlan) == ("vps-2", null, null), $"{instant}: it has the plan {instance.Plan}");
            Assert.True(app.Machines.Single().Config.GetProperty("guest").GetProperty("memory_mb").GetInt32() == 8192, $"{instant}: its memory is another");
            Assert.True(app.Volumes.Single().SizeGb == 100, $"{instant}: its disk has {app.Volumes.Single().SizeGb} GB");
            Assert.True(World.Vendors.Fly.Bought.Count == before, $"{instant}: another server was bought");
            await using var db = World.NewContext();
            Assert.True(await db.Set<Subscription>().AnyAsync(row => row.InstanceId == id && row.Plan == "vps-2"), $"{instant}: another plan is paid");
            Assert.True(await db.InstanceEvents.CountAsync(line => line.InstanceId == id && line.Kind == "resized") == 1, $"{instant}: it is told more than once");
        }

        Assert.Equal("", string.Join("; ", World.Vendors.Fly.Wrong.Distinct().Take(5)));
    }

    private Guid AccountOf(Guid id)
    {
        using var db = World.NewContext();
        return db.Instances.Where(row => row.Id == id).Select(row => row.AccountId).Single();
    }

    private async Task<Instance> ResizeAsync(Guid id)
    {
        Assert.Null(await Living<SizeService>().ResizeAsync(AccountOf(id), id, "vps-2", CancellationToken.None));
        return (await DriveAsync(InstanceState.Running, id))[0];
    }
}
