using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Emulators;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>
/// Two nodes, each a process of its own with all its workers, and <c>kill -9</c> at random instants while computers are bought:
/// every payment is one server by the vendor's own ledger, or goes back. <c>SPOQ_VENDOR_KILLS</c> sets how many kills (2) and
/// <c>SPOQ_VENDORS</c> where is bought meanwhile (one vendor, by turns of the day); <c>scripts/purchases</c> runs the long form.
/// </summary>
public sealed class VendorKillStory(VendorWorld world, Xunit.Abstractions.ITestOutputHelper output) : IClassFixture<VendorWorld>, IAsyncLifetime
{
    private static readonly Dictionary<string, (string Plan, string Region)> s_offers = new()
    {
        ["hostinger"] = ("vps-2", "frankfurt"), ["contabo"] = ("vps-4", "EU"), ["fly"] = ("cloud", "ams"),
    };

    private readonly AnyConductor _conductor = new();

    /// <summary>Kills that met a purchase of that vendor in the middle of a visit.</summary>
    private readonly Dictionary<string, int> _met = [];

    [Fact]
    public async Task Killed_at_random_instants_each_payment_is_one_server_or_goes_back()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("SPOQ_VENDOR_KILLS") ?? "2", CultureInfo.InvariantCulture);
        var vendors = (Environment.GetEnvironmentVariable("SPOQ_VENDORS") ?? s_offers.Keys.ElementAt(DateTime.UtcNow.DayOfYear % 3)).Split(' ');
        var seed = int.Parse(Environment.GetEnvironmentVariable("SPOQ_SEED") ?? $"{DateTime.UtcNow.Ticks % 100_000}", CultureInfo.InvariantCulture);
        var chance = new Random(seed);
        foreach (var vendor in vendors.Select(EmulatorOf))
        {
            vendor.Pace = () => TimeSpan.FromMilliseconds(Random.Shared.Next(0, 100));
            vendor.ListLag = TimeSpan.FromSeconds(40);
        }

        // Two minutes for which lists may lag must not be two minutes of a test. Leases run out all the sooner.
        var clock = new QuickClock(DateTimeOffset.UtcNow, times: kills > 20 ? 4 : 10);
        world.Clock.Follows = clock;
        var watch = Stopwatch.StartNew();
        var settings = NodeSettings(clock);
        await using var first = VendorNode.Start(settings);
        await using var second = VendorNode.Start(settings);
        for (var kill = 0; kill < kills; kill++)
        {
            // Bought when it is up, or the other one is done before the kill.
            var victim = kill % 2 == 0 ? first : second;
            await PlayAsync(victim.IsUp, victim);
            foreach (var vendor in vendors)
            {
                await Purchase.BuyAsync(world.Living, await world.AddAccountAsync(), vendor, s_offers[vendor].Plan, s_offers[vendor].Region);
            }

            await PlayAsync(Task.Delay(chance.Next(0, 1500)), victim);
            await CountAsync();
            await victim.KillAsync();
            victim.Start();
        }

        await Eventually.TrueAsync(
            async () =>
            {
                await TakeTurnAsync();
                await using var db = world.NewContext();
                return await db.Instances.AllAsync(instance => instance.State == InstanceState.Running || instance.State == InstanceState.Cancelled);
            },
            $"every computer to be ready or given back; a node printed:\n{first.Printed}\n{second.Printed}",
            TimeSpan.FromMinutes(5));
        await first.KillAsync();
        await second.KillAsync();
        output.WriteLine($"{kills} kills of two nodes in {watch.Elapsed.TotalSeconds:0} s, seed {seed}");
        foreach (var vendor in vendors)
        {
            await AssertLedgerAsync(vendor);
        }
    }

    public async Task InitializeAsync() => world.ConductorEndpoint = await _conductor.StartAsync(IdOf);

    public Task DisposeAsync() => _conductor.StopAsync();

    private async Task AssertLedgerAsync(string vendor)
    {
        var emulator = EmulatorOf(vendor);
        await using var db = world.NewContext();
        var instances = await db.Instances.AsNoTracking().Where(instance => instance.Provider == vendor).ToListAsync();
        var taken = await db.Set<WarmServer>().AsNoTracking().Where(row => row.Provider == vendor && row.State == WarmState.Taken).ToListAsync();
        var refunded = await db.Set<CheckoutIntent>().Where(intent => intent.State == CheckoutState.Refunded).Select(intent => intent.InstanceId).ToListAsync();
        var purchases = emulator.Bought.Select(name => name.Split('.')[0]).ToLookup(name => Spoq.Infrastructure.Instances.Providers.ServerMark.Read(name));
        foreach (var instance in instances)
        {
            var isReady = instance.State == InstanceState.Running;
            var (bought, spares, marks, records) = (purchases[instance.Id].Count(), taken.Count(row => row.ClaimedBy == instance.Id), emulator.Marked.Count(id => id == instance.Id), world.Zone.Records.Count(record => record.Name == instance.Hostname));
            Assert.True(isReady ? bought + spares == 1 : bought + spares <= 1, $"{vendor} sold {bought} servers for one payment, and {spares} spares served it");
            Assert.True(marks == (isReady ? 1 : 0) && records == (isReady ? 1 : 0), $"{vendor}: {instance.State} with {marks} servers and {records} records");
            Assert.True(isReady || refunded.Contains(instance.Id), $"{vendor}: a payment neither bought nor came back");
            Assert.False(emulator.HoldsSecretsOf(instance.Id) && !isReady, $"{vendor} still holds what the making of one needed that was given back");
        }

        Assert.Equal("", string.Join("; ", emulator.Wrong.Concat(world.Zone.Wrong).Distinct().Take(5)));
        output.WriteLine($"{vendor}: {instances.Count} payments, {purchases.Sum(one => one.Count())} purchases in its ledger and {taken.Count} spares handed on; {instances.Count(instance => instance.State == InstanceState.Running)} ready, {instances.Count(instance => instance.State == InstanceState.Cancelled)} given back; {_met.GetValueOrDefault(vendor)} kills while a purchase was being worked on, {emulator.Abandoned} of {emulator.Calls.Count} calls in the air when their node died");
    }

    private async Task CountAsync()
    {
        await using var db = world.NewContext();
        foreach (var vendor in await db.Instances.Where(instance => instance.State == InstanceState.Provisioning && instance.LeaseUntil != null).Select(instance => instance.Provider).Distinct().ToListAsync())
        {
            _met[vendor] = _met.GetValueOrDefault(vendor) + 1;
        }
    }

    /// <summary>What servers and owners do until then.</summary>
    private async Task PlayAsync(Task until, VendorNode victim)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                await TakeTurnAsync();
                return until.IsCompleted;
            },
            "the next instant of a node",
            TimeSpan.FromMinutes(2));
        Assert.False(until.IsFaulted, victim.Printed);
    }

    /// <summary>New systems call home, and who has a failed purchase wants the money back.</summary>
    private async Task TakeTurnAsync()
    {
        await using var db = world.NewContext();

        // What is at rest is not looked at: the purchases are what this is about.
        await db.Instances.Where(row => row.State == InstanceState.Running && row.DueAt != null && row.LeaseUntil == null).ExecuteUpdateAsync(set => set.SetProperty(row => row.DueAt, (DateTimeOffset?)null));
        foreach (var instance in await db.Instances.AsNoTracking().Where(row => row.State == InstanceState.Failed || (row.Step == Step.InstallConductor && row.PhonedHomeAt == null)).ToListAsync())
        {
            var emulator = EmulatorOf(instance.Provider);
            if (instance.State == InstanceState.Failed)
            {
                output.WriteLine($"{instance.Provider}: given up at {instance.Step}: {instance.ErrorCode} {instance.ErrorMessage}");
                await world.Living.GetRequiredService<InstanceService>().CancelAndRefundAsync(instance.AccountId, instance.Id, CancellationToken.None);
            }
            else if (await emulator.ReadAsync(() => emulator.TokenOf(instance.Id)) is { Length: > 0 } token)
            {
                await world.Living.GetRequiredService<ServerReports>().PhoneHomeAsync(instance.Id, token, "1", CancellationToken.None);
            }
        }
    }

    private ServerVendorEmulator EmulatorOf(string vendor) => world.Vendors.Of(vendor);

    private Dictionary<string, string?> NodeSettings(QuickClock clock) => new(world.Vendors.Settings)
    {
        ["ConnectionStrings:Spoq"] = world.ConnectionString,
        ["Spoq:BaseUrl"] = "http://localhost:5080",
        ["Spoq:InstanceDomain"] = "localhost",
        ["Spoq:DataDirectory"] = world.DataDirectory,
        ["VendorNode:Clock"] = clock.ToString(),
        ["VendorNode:Conductor"] = world.ConductorEndpoint,
        ["VendorNode:Parent"] = $"{Environment.ProcessId}",
    };

    private Guid IdOf(string hostname)
    {
        using var db = world.NewContext();
        return db.Instances.Where(row => row.Hostname == hostname).Select(row => row.Id).Single();
    }
}
