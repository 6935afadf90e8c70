using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Tests.Instances.Providers;

namespace Spoq.Tests.Instances.Moving;

/// <summary>A node that dies at any call while one server takes another's place, and another that goes on: one is bought, one is ended, one is named, one is paid.</summary>
public sealed class EveryInstantOfAMoveTests(VendorWorld world, Xunit.Abstractions.ITestOutputHelper output) : InstantsOfAVendor(world, output), IClassFixture<VendorWorld>
{
    /// <summary>Each takes a purchase besides.</summary>
    private const int Usual = 8;

    [Theory]
    [InlineData("hostinger", "vps-2", "vps-4", "frankfurt")]
    [InlineData("contabo", "vps-4", "vps-8", "EU")]
    public async Task One_server_takes_the_others_place_whenever_a_node_dies(string vendor, string from, string to, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(async () => await MoveAsync(await BuyAsync(vendor, from, region, InstanceState.Running), to), Usual))
        {
            World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
            var bought = await BuyAsync(vendor, from, region, InstanceState.Running);
            var before = emulator.Bought.Count;

            var instance = await MoveAsync(bought, to, () => World.Death.Plan(at, where));

            var instant = $"{vendor}, call {at}, {where}";
            Assert.True((instance.Plan, instance.NextPlan, instance.MoveId) == (to, null, null), $"{instant}: it has the plan {instance.Plan}");
            Assert.True(emulator.Bought.Count == before + 1, $"{instant}: {emulator.Bought.Count - before} servers were bought for one move");
            Assert.True(emulator.Marked.Count(mark => mark == instance.ServerMark) == 1, $"{instant}: {emulator.Marked.Count(mark => mark == instance.ServerMark)} servers carry the new mark");
            Assert.True(!emulator.Marked.Contains(instance.Id), $"{instant}: the old server still carries its mark");
            Assert.False(emulator.HoldsSecretsOf(instance.Id) || emulator.HoldsSecretsOf(instance.ServerMark), $"{instant}: the vendor still holds what the making needed");
            var server = await Living<IEnumerable<IServerProvider>>().Single(one => one.Name == vendor).GetAsync(instance.ServerReference!, CancellationToken.None);
            Assert.True(World.Zone.Records.Single(record => record.Name == instance.Hostname).Content == server!.PublicAddress, $"{instant}: the name leads elsewhere");
            await using var db = World.NewContext();
            Assert.True(await db.Set<Subscription>().AnyAsync(row => row.InstanceId == instance.Id && row.Plan == to), $"{instant}: another plan is paid");
            Assert.True(await db.InstanceEvents.AnyAsync(line => line.InstanceId == instance.Id && line.Message == "Waiting until no resolver remembers the old computer's address."), $"{instant}: the old address was given up while resolvers still knew it");
            Assert.True(await db.Set<ProviderServer>().CountAsync(line => line.InstanceId == instance.Id && line.RemovedAt == null) == 1, $"{instant}: the books hold more than one server");
            Assert.True(await db.Set<ServerMove>().AllAsync(move => move.InstanceId != instance.Id || (move.EndedAt != null && move.SealedKey == null)), $"{instant}: a key of the move is left");
        }

        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(World.Zone.Wrong).Distinct().Take(5)));
    }

    private async Task<Instance> MoveAsync(Instance instance, string to, Action? begin = null)
    {
        await BeatAsync(instance);
        Assert.Null(await Living<SizeService>().ResizeAsync(instance.AccountId, instance.Id, to, CancellationToken.None));
        begin?.Invoke();
        return (await DriveAsync(InstanceState.Running, instance.Id))[0];
    }
}
