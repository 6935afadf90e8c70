using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Emulators;
using Spoq.Tests.Instances.Provisioning;

namespace Spoq.Tests.Instances.Providers;

/// <summary>Two nodes on one database, one of which may die at any of its calls, and what they are driven through.</summary>
public abstract class InstantsOfAVendor(VendorWorld world, Xunit.Abstractions.ITestOutputHelper output) : IAsyncLifetime
{
    private readonly AnyConductor _conductor = new();

    /// <summary>Of the servers that called home, by their marks.</summary>
    private readonly Dictionary<Guid, string> _tokens = [];

    protected VendorWorld World => world;

    public async Task InitializeAsync()
    {
        World.ConductorEndpoint = await _conductor.StartAsync(IdOf);
        await RestAsync();
    }

    public async Task DisposeAsync() => await _conductor.StopAsync();

    private protected ServerVendorEmulator EmulatorOf(string vendor) => World.Vendors.Of(vendor);

    /// <summary>The instants of a road, counted on a walk that nothing disturbs.</summary>
    private protected async Task<IReadOnlyList<(int At, DeathAt Where)>> InstantsAsync(Func<Task> walk, int usual = 12)
    {
        World.Death.Plan(int.MaxValue, DeathAt.BeforeSending);
        await walk();
        var all = Enumerable.Range(1, World.Death.Calls).SelectMany(at => Enum.GetValues<DeathAt>().Select(where => (at, where))).ToList();
        var wish = Environment.GetEnvironmentVariable("SPOQ_M1_INSTANTS") ?? $"{usual}";
        var count = wish == "all" ? all.Count : Math.Min(all.Count, int.Parse(wish, CultureInfo.InvariantCulture));
        output.WriteLine($"{count} of {all.Count} instants");

        return wish == "all" ? all : [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Count / count)])];
    }

    protected async Task<Guid> OrderAsync(string vendor, string plan, string region) => await Purchase.BuyAsync(World.Living, await World.AddAccountAsync(), vendor, plan, region);

    protected async Task<Instance> BuyAsync(string vendor, string plan, string region, InstanceState end) => (await DriveAsync(end, await OrderAsync(vendor, plan, region)))[0];

    protected async Task<Instance> DeleteAsync(Guid id)
    {
        Assert.Null(await Living<InstanceService>().DeleteAsync(Read(id).AccountId, id, CancellationToken.None));
        return (await DriveAsync(InstanceState.Deleted, id))[0];
    }

    /// <summary>
    /// One instance: the first node works until it dies, then the second. More: both work at once. The clock turns to whatever is
    /// due next.
    /// </summary>
    protected async Task<IReadOnlyList<Instance>> DriveAsync(InstanceState end, params Guid[] ids)
    {
        var visits = new List<Task>();
        for (var turn = 0; turn < 400; turn++)
        {
            var instances = ids.Select(Read).ToList();
            if (instances.All(instance => instance.State == end))
            {
                World.Death.LetGo();
                await Task.WhenAll(visits);
                var after = ids.Select(Read).ToList();
                Assert.Equal(instances.Select(instance => (instance.State, instance.Step, instance.ServerReference)), after.Select(instance => (instance.State, instance.Step, instance.ServerReference)));
                await RestAsync();
                return after;
            }

            await PrepareAsync(instances.Where(instance => instance.State != end).ToList());
            var first = World.Death.IsDead ? null : World.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
            if (first is not null)
            {
                visits.Add(first);
            }

            var second = first is null || ids.Length > 1 ? Living<ProvisioningWorker>().RunOnceAsync(CancellationToken.None) : Task.FromResult(0);
            await Task.WhenAll(second, first is null ? second : Task.WhenAny(first, World.Death.Reached));
            if (World.Death.IsDead && await second == 0)
            {
                // The dead node's lease runs out.
                World.Clock.Advance(TimeSpan.FromSeconds(11));
            }
        }

        throw new TimeoutException($"It came to {Read(ids[0]).Step} and stays there: {Read(ids[0]).WaitingFor}");
    }

    private async Task PrepareAsync(IReadOnlyList<Instance> open)
    {
        foreach (var instance in open)
        {
            Assert.True(instance.State != InstanceState.Failed, $"{instance.Provider} failed at {instance.Step}: {instance.ErrorMessage}");
            if (instance.Step == Step.InstallConductor && instance.PhonedHomeAt is null)
            {
                var token = await Living<ServerReports>().PhoneHomeAsync(instance.Id, EmulatorOf(instance.Provider).TokenOf(instance.ServerMark), "1", CancellationToken.None);
                Assert.NotNull(token);
                _tokens[instance.ServerMark] = token;
            }
            else if (instance.Step is Step.CopyFiles or Step.FinishCopy)
            {
                await BeatAsync(instance);
                await Living<ServerMoves>().HearAsync(instance.Id, _tokens[instance.ServerMark], instance.Step == Step.CopyFiles ? MoveReport.Copied : MoveReport.Moved, null, CancellationToken.None);
            }
        }

        if (open.Min(instance => instance.DueAt) is { } due && due > World.Clock.Now)
        {
            World.Clock.Now = due;
        }
    }

    /// <summary>Its server lives, and has no more use for what it was made with.</summary>
    protected async Task BeatAsync(Instance instance) => Assert.True(await Living<ServerReports>().HeartbeatAsync(
        instance.Id, _tokens[instance.ServerMark], new ServerVitals("1", 1, 1, 2, 1_000_000_000, 100_000_000_000), new ServerNews([], null), CancellationToken.None));

    /// <summary>What is at rest is not looked at: each road is walked alone.</summary>
    private async Task RestAsync()
    {
        await using var db = Living<IDbContextFactory<SpoqDbContext>>().CreateDbContext();
        await db.Instances.ExecuteUpdateAsync(set => set.SetProperty(instance => instance.DueAt, (DateTimeOffset?)null));
    }

    protected T Living<T>()
        where T : notnull => World.Living.GetRequiredService<T>();

    private Instance Read(Guid id)
    {
        using var db = World.NewContext();
        return db.Instances.AsNoTracking().Single(row => row.Id == id);
    }

    private Guid IdOf(string hostname)
    {
        using var db = World.NewContext();
        return db.Instances.Where(row => row.Hostname == hostname).Select(row => row.Id).Single();
    }
}
