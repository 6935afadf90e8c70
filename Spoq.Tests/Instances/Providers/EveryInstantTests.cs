using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Emulators;
using Spoq.Tests.Instances.Provisioning;

namespace Spoq.Tests.Instances.Providers;

/// <summary>
/// A node that dies at any of its calls to a vendor, in any of three ways, and another that goes on: one purchase for each payment,
/// by the vendor's own ledger, and nothing left when the computer is deleted. <c>SPOQ_M1_INSTANTS</c> sets how many instants of
/// each road are tried, spread evenly (12; <c>all</c> for each of them, see <c>scripts/purchases</c>).
/// </summary>
public sealed class EveryInstantTests(VendorWorld world, Xunit.Abstractions.ITestOutputHelper output) : IClassFixture<VendorWorld>, IAsyncLifetime
{
    private readonly AnyConductor _conductor = new();

    public static TheoryData<string, string, string> Vendors => new() { { "hostinger", "vps-2", "frankfurt" }, { "contabo", "vps-4", "EU" }, { "fly", "cloud", "ams" } };

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task Each_payment_buys_one_server_whenever_a_node_dies(string vendor, string plan, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(async () => await BuyAsync(vendor, plan, region, InstanceState.Running)))
        {
            world.Death.Plan(at, where);
            var before = emulator.Bought.Count;

            var instance = await BuyAsync(vendor, plan, region, InstanceState.Running);

            var instant = $"{vendor}, call {at}, {where}";
            Assert.True(emulator.Bought.Count == before + 1, $"{instant}: {emulator.Bought.Count - before} servers were bought for one payment");
            Assert.True(emulator.Marked.Count(id => id == instance.Id) == 1, $"{instant}: {emulator.Marked.Count(id => id == instance.Id)} servers carry the mark");
            Assert.True(world.Zone.Records.Count(record => record.Name == instance.Hostname) == 1, $"{instant}: the name has not one record");
            Assert.False(emulator.HoldsSecretsOf(instance.Id), $"{instant}: the vendor still holds what the making needed");
        }

        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(world.Zone.Wrong).Distinct().Take(5)));
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_deleted_computer_leaves_nothing_whenever_a_node_dies(string vendor, string plan, string region)
    {
        var emulator = EmulatorOf(vendor);
        foreach (var (at, where) in await InstantsAsync(async () => await DeleteAsync((await BuyAsync(vendor, plan, region, InstanceState.Running)).Id)))
        {
            world.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
            var id = (await BuyAsync(vendor, plan, region, InstanceState.Running)).Id;
            world.Death.Plan(at, where);

            var instance = await DeleteAsync(id);

            var instant = $"{vendor}, call {at}, {where}";
            Assert.True(!emulator.Marked.Contains(id), $"{instant}: a server still carries the mark");
            Assert.True(world.Zone.Records.All(record => record.Name != instance.Hostname), $"{instant}: the name still points somewhere");
            Assert.True(world.Clock.Now - world.Zone.RemovedAt[instance.Hostname] >= TimeSpan.FromSeconds(60), $"{instant}: the address was given up while resolvers still knew it");
            Assert.True(!emulator.HoldsSecretsOf(id), $"{instant}: the vendor still holds what the making needed");
        }

        Assert.Empty(world.Hostinger.Renewing.Except(world.Hostinger.Machines.Where(vm => vm.Hostname.StartsWith("spoq-", StringComparison.Ordinal)).Select(vm => vm.SubscriptionId)));
        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(world.Zone.Wrong).Distinct().Take(5)));
    }

    public async Task InitializeAsync()
    {
        world.ConductorEndpoint = await _conductor.StartAsync(IdOf);
        await RestAsync();
    }

    public async Task DisposeAsync() => await _conductor.StopAsync();

    private ServerVendorEmulator EmulatorOf(string vendor) => vendor switch
    {
        "hostinger" => world.Hostinger,
        "contabo" => world.Contabo,
        _ => world.Fly,
    };

    /// <summary>The instants of a road, counted on a walk that nothing disturbs.</summary>
    private async Task<IReadOnlyList<(int At, DeathAt Where)>> InstantsAsync(Func<Task> walk)
    {
        world.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
        await walk();
        var all = Enumerable.Range(1, world.Death.Calls).SelectMany(at => Enum.GetValues<DeathAt>().Select(where => (at, where))).ToList();
        var wish = Environment.GetEnvironmentVariable("SPOQ_M1_INSTANTS") ?? "12";
        var count = wish == "all" ? all.Count : Math.Min(all.Count, int.Parse(wish, CultureInfo.InvariantCulture));
        output.WriteLine($"{count} of {all.Count} instants");

        return wish == "all" ? all : [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Count / count)])];
    }

    private async Task<Instance> BuyAsync(string vendor, string plan, string region, InstanceState end)
    {
        var account = await world.AddAccountAsync();
        return await DriveAsync(await Purchase.BuyAsync(world.Living, account, vendor, plan, region), end);
    }

    private async Task<Instance> DeleteAsync(Guid id)
    {
        Assert.Null(await Living<InstanceService>().DeleteAsync(Read(id).AccountId, id, CancellationToken.None));
        return await DriveAsync(id, InstanceState.Deleted);
    }

    /// <summary>The first node works until it dies, then the second; the clock turns to whatever is due next.</summary>
    private async Task<Instance> DriveAsync(Guid id, InstanceState end)
    {
        var first = world.Get<ProvisioningWorker>();
        var visits = new List<Task>();
        for (var turn = 0; turn < 400; turn++)
        {
            var instance = Read(id);
            if (instance.State == end)
            {
                world.Death.LetGo();
                await Task.WhenAll(visits);
                var after = Read(id);
                Assert.Equal((instance.State, instance.Step, instance.ServerReference), (after.State, after.Step, after.ServerReference));
                await RestAsync();
                return after;
            }

            Assert.True(instance.State != InstanceState.Failed, $"{instance.Provider} failed at {instance.Step}: {instance.ErrorMessage}");
            if (instance.Step == Step.InstallConductor && instance.PhonedHomeAt is null)
            {
                Assert.NotNull(await Living<ServerReports>().PhoneHomeAsync(id, EmulatorOf(instance.Provider).TokenOf(id), "1", CancellationToken.None));
            }

            if (instance.DueAt > world.Clock.Now)
            {
                world.Clock.Now = instance.DueAt.Value;
            }

            if (world.Death.IsDead)
            {
                if (await Living<ProvisioningWorker>().RunOnceAsync(CancellationToken.None) == 0)
                {
                    // The dead node's lease runs out.
                    world.Clock.Advance(TimeSpan.FromSeconds(11));
                }

                continue;
            }

            var visit = first.RunOnceAsync(CancellationToken.None);
            visits.Add(visit);
            await Task.WhenAny(visit, world.Death.Reached);
        }

        throw new TimeoutException($"It came to {Read(id).Step} and stays there: {Read(id).WaitingFor}");
    }

    /// <summary>What is at rest is not looked at: each road is walked alone.</summary>
    private async Task RestAsync()
    {
        await using var db = Living<IDbContextFactory<SpoqDbContext>>().CreateDbContext();
        await db.Instances.ExecuteUpdateAsync(set => set.SetProperty(instance => instance.DueAt, (DateTimeOffset?)null));
    }

    private T Living<T>()
        where T : notnull => world.Living.GetRequiredService<T>();

    private Instance Read(Guid id)
    {
        using var db = world.NewContext();
        return db.Instances.AsNoTracking().Single(row => row.Id == id);
    }

    private Guid IdOf(string hostname)
    {
        using var db = world.NewContext();
        return db.Instances.Where(row => row.Hostname == hostname).Select(row => row.Id).Single();
    }
}
