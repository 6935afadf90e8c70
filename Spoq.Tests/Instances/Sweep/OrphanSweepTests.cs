using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Sweep;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Tests.Instances.Sweep;

/// <summary>M3: provider resources and rows are one-to-one, or listed as orphans within 15 minutes.</summary>
public sealed class OrphanSweepTests(ScriptedWorld world) : IClassFixture<ScriptedWorld>, IAsyncLifetime
{
    [Fact]
    public async Task A_mark_without_a_row_is_listed_with_its_dates_and_never_ended()
    {
        var stranger = Guid.NewGuid();
        world.Provider.Strangers.Add(new ListedServer("strange", stranger, "spoq-strange", ServerPower.Running));
        var first = world.Clock.Now;
        await world.SweepAsync();
        world.Clock.Advance(TimeSpan.FromDays(40));
        await world.SweepAsync();

        var orphan = Assert.Single(await world.OrphansAsync());
        Assert.Equal((OrphanKind.Unknown, "strange", first, world.Clock.Now, (Guid?)stranger), (orphan.Kind, orphan.Reference, orphan.FirstSeenAt, orphan.LastSeenAt, orphan.InstanceId));
        Assert.Single(world.Provider.Strangers);

        world.Provider.Strangers.Clear();
        await world.SweepAsync();
        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task A_server_whose_order_was_never_answered_is_adopted_and_not_bought_again()
    {
        world.Provider.AfterCreate = () => new ProviderException("The provider said 500, and had done it.") { IsFinal = true };
        var id = await world.BuyAsync();
        await world.DriveAsync(id, InstanceState.Failed);
        world.Provider.AfterCreate = () => null;
        Assert.Null((await world.OrderAsync(id))!.Reference);

        await world.SweepAsync();
        Assert.Null((await world.OrderAsync(id))!.Reference);
        world.Clock.Advance(SweepPlan.AnswerAge);
        await world.SweepAsync();

        Assert.Equal(id.ToString(), (await world.OrderAsync(id))!.Reference);
        await world.DriveAsync(id, InstanceState.Running);
        Assert.Single(world.Provider.Bought);
        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task A_server_of_a_closed_instance_is_ended()
    {
        var id = await world.BuyAsync();
        world.Provider.BeforeCreate = () => new ProviderException("No.") { IsFinal = true };
        await world.DriveAsync(id, InstanceState.Cancelled);
        await world.DriveAsync(id, instance => instance.DueAt is null);
        world.Provider.Appear(id);

        await world.SweepAsync();
        await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);

        Assert.Empty(world.Provider.Existing);
        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task A_double_is_reported_and_ended_after_an_hour_and_the_own_server_is_not_touched()
    {
        var id = await world.RunningAsync();
        var twin = Guid.NewGuid().ToString();
        world.Provider.Strangers.Add(new ListedServer(twin, id, "spoq-twin", ServerPower.Running));
        await world.SweepAsync();
        Assert.Equal(OrphanKind.Second, Assert.Single(await world.OrphansAsync()).Kind);

        world.Clock.Advance(SweepPlan.SafetyAge);
        await world.SweepAsync();

        Assert.Empty(world.Provider.Strangers);
        Assert.Equal([id], world.Provider.Existing);
        await world.SweepAsync();
        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task A_server_that_vanished_is_reported_at_once_and_made_anew_when_it_stays_away()
    {
        var id = await world.RunningAsync();
        var before = world.Find(id);
        world.Clock.Advance(TimeSpan.FromMinutes(16));
        world.Provider.Vanish(id);
        await world.SweepAsync();
        Assert.Equal((OrphanKind.Missing, id.ToString()), ((await world.OrphansAsync()).Single().Kind, (await world.OrphansAsync()).Single().Reference));
        Assert.NotEqual(Road.Create, world.Find(id).Road);

        world.Clock.Advance(SweepPlan.Every);
        await Task.WhenAll(world.SweepAsync(), world.SweepAsync(world.NewNode()));
        var rebuilt = await world.DriveAsync(id, instance => instance.State == InstanceState.Running && instance.Road is null);

        Assert.Equal(2, world.Provider.Bought.Count);
        Assert.Equal(before.Hostname, rebuilt.Hostname);
        Assert.Single(await world.MailsToAsync(rebuilt.AccountId), mail => mail.Subject.EndsWith("is being built anew", StringComparison.Ordinal));
        await world.SweepAsync();
        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task A_list_that_is_behind_decides_nothing()
    {
        var id = await world.RunningAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        world.Provider.Unlisted.Add(id);

        await world.SweepAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        await world.SweepAsync();

        Assert.Empty(await world.OrphansAsync());
        Assert.Equal(InstanceState.Running, world.Find(id).State);
    }

    [Fact]
    public async Task A_server_just_made_is_waited_for_as_long_as_its_provider_lags()
    {
        world.Provider.LookupLag = TimeSpan.FromMinutes(2);
        var id = await world.RunningAsync();
        world.Provider.Vanish(id);

        await world.SweepAsync();

        Assert.Empty(await world.OrphansAsync());
    }

    [Fact]
    public async Task A_provider_that_is_away_decides_nothing_and_what_was_known_stays_listed()
    {
        world.Provider.Strangers.Add(new ListedServer("strange", null, "spoq-strange", ServerPower.Running));
        var id = await world.RunningAsync();
        await world.SweepAsync();
        world.Provider.IsAway = true;
        world.Clock.Advance(TimeSpan.FromHours(3));

        await world.SweepAsync();

        Assert.Single(await world.OrphansAsync());
        Assert.Equal(InstanceState.Running, world.Find(id).State);
    }

    [Fact]
    public async Task Many_servers_missing_at_once_are_a_bad_list_and_not_a_reason_to_buy()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await world.RunningAsync());
        }

        world.Clock.Advance(TimeSpan.FromMinutes(20));
        ids.ForEach(world.Provider.Vanish);
        await world.SweepAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        await world.SweepAsync();

        Assert.Equal(5, world.Provider.Bought.Count);
        Assert.All(ids, id => Assert.NotEqual(Road.Create, world.Find(id).Road));
    }

    [Fact]
    public async Task The_sweep_is_a_chore_of_every_quarter_of_an_hour_that_one_node_does()
    {
        Assert.Contains(world.Services.GetServices<IChore>(), chore => chore is { Name: OrphanSweep.Key } && chore.Every == TimeSpan.FromMinutes(15));
        var lists = 0;
        world.Provider.DuringList = () => Interlocked.Increment(ref lists);
        var workers = new[] { world.Services, world.NewNode(), world.NewNode() }.Select(node => node.GetRequiredService<ChoreWorker>()).ToList();
        await workers[0].EnrolAsync(CancellationToken.None);
        await using (var db = world.NewContext())
        {
            await db.Set<Chore>().Where(chore => chore.Name != OrphanSweep.Key).ExecuteUpdateAsync(set => set.SetProperty(chore => chore.DueAt, world.Clock.Now.AddDays(1)));
            await db.Set<Chore>().Where(chore => chore.Name == OrphanSweep.Key).ExecuteUpdateAsync(set => set.SetProperty(chore => chore.DueAt, world.Clock.Now));
        }

        await Task.WhenAll(workers.Select(worker => worker.RunOnceAsync(CancellationToken.None)));

        Assert.Equal(1, lists);
    }

    public Task InitializeAsync()
    {
        world.Reset();
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
