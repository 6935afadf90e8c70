using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Instances.Provisioning;

namespace Spoq.Tests.Instances.Resizing;

/// <summary>From the order for another size to the price that goes with it, or back.</summary>
public sealed class ResizeWorkerTests(ProvisioningWorkerTests.Fixture world) : IClassFixture<ProvisioningWorkerTests.Fixture>, IAsyncLifetime
{
    private static readonly ServerSize s_small = new(1, 4, 50);
    private static readonly ServerSize s_large = new(2, 8, 100);

    private readonly AnyConductor _conductor = new();

    private ScriptedProvider Provider => world.Provider;

    [Fact]
    public async Task A_new_size_is_paid_once_it_was_seen_running()
    {
        var (account, id) = await RunningAsync();
        Assert.Null(await AskAsync(account, id, "vps-2"));
        var asked = Read(id);
        Assert.Equal((InstanceState.Resizing, "vps-1", "vps-2"), (asked.State, asked.Plan, asked.NextPlan));
        var almost = await DriveAsync(id, instance => instance.Step == Step.Ready);
        Assert.Equal("vps-1", (almost.Plan, await SubscriptionAsync(id)).Item2.Plan);

        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);

        Assert.Equal(("vps-2", null, null), (instance.Plan, instance.NextPlan, instance.ServerPlan));
        Assert.Equal(s_large, Provider.Sizes[id]);
        var subscription = await SubscriptionAsync(id);
        Assert.Equal(("vps-2", "vps-1"), (subscription.Plan, subscription.PlanTold));
        var kinds = (await EventsAsync(account, id)).Select(line => line.Kind).ToList();
        Assert.True(kinds.IndexOf("resize_requested") < kinds.IndexOf("resized"));
        Assert.Contains(await world.MailsToAsync(account), mail => mail.Subject == $"{instance.Hostname} has its new size");

        await world.Get<LadderWorker>().RunOnceAsync(CancellationToken.None);
        await world.Get<LadderWorker>().RunOnceAsync(CancellationToken.None);

        Assert.Equal("vps-2", (await SubscriptionAsync(id)).PlanTold);
        var ledger = await LedgerAsync(subscription);
        Assert.Equal(("VPS 2", 2600L), (ledger.RenewalPlan, ledger.RenewalAmount));
        Assert.InRange(ledger.Proration!.Value, 590, 600);
    }

    [Fact]
    public async Task A_size_that_cannot_be_had_leaves_the_old_one_at_the_old_price()
    {
        var (account, id) = await RunningAsync();
        Provider.BeforeResize = size => size == s_large ? new ProviderException("There is no room for that.") { Code = "sold_out", IsFinal = true } : null;
        Assert.Null(await AskAsync(account, id, "vps-2"));

        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);

        Assert.Equal(("vps-1", null, null), (instance.Plan, instance.NextPlan, instance.ServerPlan));
        Assert.Equal(s_small, Provider.Sizes[id]);
        await AssertUnchargedAsync(account, id, "There is no room for that.");
    }

    [Fact]
    public async Task A_computer_that_does_not_come_up_with_its_new_size_goes_back()
    {
        var (account, id) = await RunningAsync();
        Provider.DuringGet = () =>
        {
            Provider.Power = Provider.Sizes.GetValueOrDefault(id) == s_large ? ServerPower.Starting : ServerPower.Running;
            return Task.CompletedTask;
        };
        Assert.Null(await AskAsync(account, id, "vps-2"));

        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);

        Assert.Equal(("vps-1", s_small), (instance.Plan, Provider.Sizes[id]));
        await AssertUnchargedAsync(account, id, "It took longer than it may.");
    }

    [Fact]
    public async Task Where_even_the_way_back_fails_it_is_tried_again_and_a_restart_leads_back_too()
    {
        var (account, id) = await RunningAsync();
        Provider.BeforeResize = _ => new ProviderException("Nothing works.") { IsFinal = true };
        Assert.Null(await AskAsync(account, id, "vps-2"));
        var failed = await DriveAsync(id, instance => instance.State == InstanceState.Failed);
        Assert.Equal((Road.ResizeBack, "vps-2"), (failed.Road, failed.ServerPlan));

        Provider.BeforeResize = _ => null;
        Assert.Null(await world.Get<InstanceService>().RestartAsync(account, id, CancellationToken.None));
        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);

        Assert.Equal(("vps-1", null, s_small), (instance.Plan, instance.ServerPlan, Provider.Sizes[id]));
    }

    [Fact]
    public async Task One_that_is_forced_off_in_the_middle_has_its_old_size_when_it_is_started()
    {
        var (account, id) = await RunningAsync();
        Assert.Null(await AskAsync(account, id, "vps-2"));
        await DriveAsync(id, instance => instance.Step == Step.StartServer);
        await using (var db = world.NewContext())
        {
            var row = await db.Instances.SingleAsync(instance => instance.Id == id);
            Assert.Null(row.ForceStop(world.Clock.Now));
            await db.SaveChangesAsync();
        }

        await DriveAsync(id, instance => instance.State == InstanceState.Stopped);
        Assert.Equal(s_large, Provider.Sizes[id]);
        Assert.Null(await world.Get<InstanceService>().StartAsync(account, id, CancellationToken.None));
        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);

        Assert.Equal(("vps-1", null, s_small), (instance.Plan, instance.ServerPlan, Provider.Sizes[id]));
    }

    [Fact]
    public async Task Lost_answers_and_a_node_that_dies_at_every_step_change_it_once()
    {
        var (account, id) = await RunningAsync();
        var losses = 2;
        Provider.AfterResize = () => losses-- > 0 ? new ProviderException("The provider said 500, and had done it.") : null;
        Assert.Null(await AskAsync(account, id, "vps-2"));
        var queue = new DueQueue(world.Get<Npgsql.NpgsqlDataSource>(), "instances");

        // Before each visit another node claims it and is never heard of again.
        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running, async () =>
        {
            await queue.ClaimAsync(100, world.Clock.Now, TimeSpan.FromSeconds(30), CancellationToken.None);
            world.Clock.Advance(TimeSpan.FromSeconds(31));
        });

        Assert.Equal(("vps-2", s_large), (instance.Plan, Provider.Sizes[id]));
        Assert.Single(await EventsAsync(account, id), line => line.Kind == "resized");
        Assert.Single(await world.MailsToAsync(account), mail => mail.Subject.EndsWith("has its new size", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_before_anything_changes()
    {
        var (account, id) = await RunningAsync();
        var stranger = await world.AddAccountAsync();
        Assert.Equal("instance_not_found", await CodeAsync(stranger, id, "vps-2"));
        Assert.Equal("unknown_plan", await CodeAsync(account, id, "vps-3"));
        Assert.Equal("same_size", await CodeAsync(account, id, "vps-1"));
        Assert.Equal("other_kind", await CodeAsync(account, id, "cloud"));
        Provider.Regions = [new ServerRegion("local", "Here", IsAvailable: false)];
        Assert.Equal("size_sold_out", await CodeAsync(account, id, "vps-2"));
        Provider.Regions = [new ServerRegion("elsewhere", "There", IsAvailable: true)];
        Assert.Equal("size_sold_out", await CodeAsync(account, id, "vps-2"));

        Provider.Regions = [new ServerRegion("local", "Here", IsAvailable: true)];
        Assert.True((await world.Get<SubscriptionLadder>().CancelAsync(account, id, atPeriodEnd: true, new Infrastructure.Accounts.Caller(null, null), CancellationToken.None)).Try(out _, out _));
        Assert.Equal("not_renewed", await CodeAsync(account, id, "vps-2"));

        var instance = Read(id);
        Assert.Equal((InstanceState.Running, "vps-1", null), (instance.State, instance.Plan, instance.NextPlan));
        Assert.DoesNotContain("resize", Provider.Calls);
    }

    [Fact]
    public async Task A_smaller_size_must_hold_the_data_and_may_then_be_had()
    {
        var (account, id) = await RunningAsync("vps-2");
        Assert.Equal("disk_unknown", await CodeAsync(account, id, "vps-1"));
        await UsesAsync(id, 46_000_000_000);
        var full = await AskAsync(account, id, "vps-1");
        Assert.Equal("disk_too_full", full!.Code);
        Assert.Contains("takes 46 GB", full.Message, StringComparison.Ordinal);
        Provider.Capabilities &= ~ServerCapabilities.Shrink;
        await UsesAsync(id, 1_000_000_000);
        Assert.Equal("cannot_shrink", await CodeAsync(account, id, "vps-1"));

        Provider.Capabilities |= ServerCapabilities.Shrink;
        Assert.Null(await AskAsync(account, id, "vps-1"));
        await DriveAsync(id, instance => instance.State == InstanceState.Running);
        await world.Get<LadderWorker>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(s_small, Provider.Sizes[id]);
        Assert.InRange((await LedgerAsync(await SubscriptionAsync(id))).Proration!.Value, -600, -590);
    }

    [Fact]
    public async Task What_a_page_shows_is_what_can_be_had()
    {
        var (account, id) = await RunningAsync("vps-2");
        await UsesAsync(id, 1_000_000_000);

        Assert.True((await world.Get<SizeService>().ReadAsync(account, id, CancellationToken.None)).Try(out var offers, out _));

        Assert.Null(offers.Refusal);
        Assert.Equal([("vps-1", 2000L, true), ("vps-2", 2600, true), ("vps-4", 4200, true), ("vps-8", 8000, true)], offers.Sizes.Select(size => (size.Plan.Key, size.Price.MinorUnits, size.Refusal is null)));
        Assert.True(offers.Sizes[0].Difference.MinorUnits < 0 && offers.Sizes[1].Difference.MinorUnits == 0 && offers.Sizes[2].Difference.MinorUnits > 1500);
    }

    public async Task InitializeAsync()
    {
        world.Reset();
        Provider.Clear();
        Provider.Capabilities = ServerCapabilities.Delete | ServerCapabilities.Resize | ServerCapabilities.Shrink;
        Provider.Regions = [new ServerRegion("local", "Here", IsAvailable: true)];
        Provider.Endpoint = await _conductor.StartAsync(host =>
        {
            using var db = world.NewContext();
            return db.Instances.Single(instance => instance.Hostname == host).Id;
        });
    }

    public async Task DisposeAsync()
    {
        Provider.Clear();
        await _conductor.StopAsync();
    }

    private async Task<(Guid Account, Guid Id)> RunningAsync(string plan = "vps-1")
    {
        var account = await world.AddAccountAsync();
        var id = await Purchase.BuyAsync(world.Services, account, ScriptedProvider.Key, plan);
        await DriveAsync(id, instance => instance.State == InstanceState.Running);
        return (account, id);
    }

    private Task<Refusal?> AskAsync(Guid account, Guid id, string plan) => world.Get<SizeService>().ResizeAsync(account, id, plan, CancellationToken.None);

    private async Task<string?> CodeAsync(Guid account, Guid id, string plan) => (await AskAsync(account, id, plan))?.Code;

    private async Task UsesAsync(Guid id, long bytes)
    {
        await using var db = world.NewContext();
        (await db.Instances.SingleAsync(instance => instance.Id == id)).Heartbeat(new ServerVitals("1", 1, 1, 1, bytes, 100_000_000_000), world.Clock.Now);
        await db.SaveChangesAsync();
    }

    private async Task AssertUnchargedAsync(Guid account, Guid id, string why)
    {
        var subscription = await SubscriptionAsync(id);
        Assert.Equal(("vps-1", "vps-1", null), (subscription.Plan, subscription.PlanTold, subscription.PlanChangedAt));
        Assert.Null((await LedgerAsync(subscription)).RenewalAmount);
        var events = await EventsAsync(account, id);
        Assert.Contains(events, line => line.Kind == Happening.StepFailed && line.Message.Contains(why, StringComparison.Ordinal));
        Assert.Contains(events, line => line.Kind == Happening.SizeKept);
        var mail = Assert.Single(await world.MailsToAsync(account), mail => mail.Subject.EndsWith("keeps its size", StringComparison.Ordinal));
        Assert.Contains("could not be given the size of VPS 2. It goes back to VPS 1", mail.Text, StringComparison.Ordinal);
    }

    private async Task<Subscription> SubscriptionAsync(Guid id)
    {
        await using var db = world.NewContext();
        return await db.Set<Subscription>().AsNoTracking().SingleAsync(row => row.InstanceId == id);
    }

    private async Task<PretendCheckout> LedgerAsync(Subscription subscription)
    {
        await using var db = world.NewContext();
        return await db.Set<PretendCheckout>().AsNoTracking().SingleAsync(row => row.IntentId == subscription.CheckoutIntentId);
    }

    private Task<IReadOnlyList<InstanceEvent>> EventsAsync(Guid account, Guid id) => world.Get<InstanceService>().EventsAsync(account, id, 0, CancellationToken.None);

    private async Task<Instance> DriveAsync(Guid id, Func<Instance, bool> isThere, Func<Task>? before = null)
    {
        for (var turn = 0; turn < 300; turn++)
        {
            var instance = Read(id);
            if (isThere(instance))
            {
                return instance;
            }

            if (instance.Step == Step.InstallConductor && instance.PhonedHomeAt is null)
            {
                Assert.NotNull(await world.Get<ServerReports>().PhoneHomeAsync(id, Provider.TokenOf(id), "1", CancellationToken.None));
            }

            if (instance.DueAt > world.Clock.Now)
            {
                world.Clock.Now = instance.DueAt.Value;
            }

            if (before is not null)
            {
                await before();
            }

            await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        }

        throw new TimeoutException($"The instance came to {Read(id).State} {Read(id).Step} and stays there: {Read(id).ErrorMessage}");
    }

    private Instance Read(Guid id)
    {
        using var db = world.NewContext();
        return db.Instances.AsNoTracking().Single(instance => instance.Id == id);
    }
}
