using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Sweep;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Instances.Provisioning;

namespace Spoq.Tests.Instances.Moving;

/// <summary>Another size where its provider has no call for that: a second server takes the place of the first, or goes again.</summary>
public sealed class MoveWorkerTests(ProvisioningWorkerTests.Fixture world) : MoveWorld(world), IClassFixture<ProvisioningWorkerTests.Fixture>
{
    private static readonly ServerSize s_large = new(2, 8, 100);

    [Fact]
    public async Task A_second_server_takes_the_place_of_the_first_and_is_paid_once_it_runs()
    {
        var (account, id) = await RunningAsync();
        Assert.Null(await AskAsync(account, id, "vps-2"));
        await DriveAsync(id, instance => instance.Step == Step.EndOther);
        Assert.Equal("vps-1", await PlanAsync(id));
        Assert.Equal(2, Provider.Existing.Count);

        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);

        var move = await MoveAsync(id);
        Assert.Equal(("vps-2", null, null, move.Id), (instance.Plan, instance.NextPlan, instance.MoveId, instance.ServerMark));
        Assert.Equal([id, move.Id], Provider.Bought);
        Assert.Equal([move.Id], Provider.Existing);
        Assert.Equal((s_large, id), (Provider.OrderOf(move.Id).Size, Provider.OrderOf(move.Id).InstanceId));
        Assert.Equal("vps-2", await PlanAsync(id));
        Assert.Equal((null, null), (move.SealedKey, move.OtherTokenHash));
        Assert.NotNull(move.EndedAt);
        var kinds = (await EventsAsync(account, id)).Select(line => line.Kind).ToList();
        Assert.True(kinds.IndexOf("resize_requested") < kinds.IndexOf("resized"));
        var mail = Assert.Single(await World.MailsToAsync(account), mail => mail.Subject == $"{instance.Hostname} has its new size");
        Assert.Contains("packages-of-before.txt", mail.Text, StringComparison.Ordinal);

        // It may move again: also to a smaller one, because that is another server.
        Assert.True(await BeatAsync(id, move.Id));
        Assert.Null(await AskAsync(account, id, "vps-1"));
        await DriveAsync(id, again => again.State == InstanceState.Running);
        Assert.Equal("vps-1", await PlanAsync(id));
        Assert.Single(Provider.Existing);
    }

    [Fact]
    public async Task While_it_copies_the_old_one_lets_the_new_one_in_and_both_are_heard()
    {
        var (account, id) = await RunningAsync();
        Furthest = MoveReport.Copying;
        Assert.Null(await AskAsync(account, id, "vps-2"));
        var instance = await DriveAsync(id, instance => instance.Step == Step.CopyFiles);
        var move = await MoveAsync(id);
        var (desired, moves) = (World.Get<DesiredStates>(), World.Get<ServerMoves>());

        var old = await desired.ReadAsync(id, TokenOf(id), CancellationToken.None);
        var young = await desired.ReadAsync(id, TokenOf(move.Id), CancellationToken.None);

        var key = Assert.Single(old!.Profiles.Single(profile => profile.Username == instance.Username).Keys, key => key.DeviceId == move.Id);
        Assert.Equal(move.PublicKey, $"{key.Algorithm} {key.PublicKey}");
        Assert.DoesNotContain(young!.Profiles.SelectMany(profile => profile.Keys), key => key.DeviceId == move.Id);
        Assert.True(await BeatAsync(id, id));
        Assert.Null(await moves.AskAsync(id, TokenOf(id), CancellationToken.None));
        Assert.Equal(MoveOrder.Copy, await moves.AskAsync(id, TokenOf(move.Id), CancellationToken.None));
        Assert.True(await moves.HearAsync(id, TokenOf(move.Id), MoveReport.Copying, "12.4 GB,\u001b 43 %", CancellationToken.None));
        Assert.Equal("Copying: 12.4 GB, 43 %", Read(id).WaitingFor);

        // What is said before it was asked for does not count: the old one is still open.
        Assert.True(await moves.HearAsync(id, TokenOf(move.Id), MoveReport.Moved, null, CancellationToken.None));
        Assert.Null((await MoveAsync(id)).MovedAt);

        Furthest = MoveReport.Moved;
        await DriveAsync(id, after => after.State == InstanceState.Running);
        Assert.False(await BeatAsync(id, id));
        Assert.Null(await desired.ReadAsync(id, TokenOf(id), CancellationToken.None));
        Assert.Null(await moves.AskAsync(id, TokenOf(move.Id), CancellationToken.None));
    }

    [Fact]
    public async Task One_that_cannot_be_bought_leaves_the_old_one_as_it_was()
    {
        var (account, id) = await RunningAsync();
        Provider.BeforeCreate = () => new ProviderException("There is no room for that.") { Code = "sold_out", IsFinal = true };
        Assert.Null(await AskAsync(account, id, "vps-2"));

        await DriveAsync(id, instance => instance.State == InstanceState.Running);

        await AssertKeptAsync(account, id, "There is no room for that.", wasClosed: false);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_that_does_not_end_is_given_up_and_the_old_one_serves_again(bool wasClosed)
    {
        var (account, id) = await RunningAsync();
        Furthest = wasClosed ? MoveReport.Copied : MoveReport.Copying;
        Assert.Null(await AskAsync(account, id, "vps-2"));

        await DriveAsync(id, instance => instance.State == InstanceState.Running);

        await AssertKeptAsync(account, id, "It took longer than it may.", wasClosed);
        var move = await MoveAsync(id);
        Assert.Null(await World.Get<ServerMoves>().AskAsync(id, TokenOf(move.Id), CancellationToken.None));
        Assert.False(await BeatAsync(id, move.Id));
        Assert.True(await BeatAsync(id, id));
    }

    [Fact]
    public async Task Once_the_name_leads_to_the_new_one_there_is_no_way_back_and_it_is_tried_until_it_answers()
    {
        var (account, id) = await RunningAsync();
        var good = Read(id).Endpoint;
        Assert.Null(await AskAsync(account, id, "vps-2"));
        await DriveAsync(id, instance => instance.Step == Step.Verify);
        await AnswersAtAsync(id, "http://127.0.0.1:9");

        var failed = await DriveAsync(id, instance => instance.State == InstanceState.Failed);

        Assert.Equal((Road.Move, Step.Verify, 2), (failed.Road, failed.Step, Provider.Existing.Count));
        Assert.Equal("busy", (await World.Get<InstanceService>().StopAsync(account, id, CancellationToken.None))?.Code);
        await AnswersAtAsync(id, good!);
        Assert.Null(await World.Get<InstanceService>().RestartAsync(account, id, CancellationToken.None));
        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running);
        Assert.Equal(("vps-2", 1), (instance.Plan, Provider.Existing.Count));
    }

    [Theory]
    [InlineData(Step.CreateServer)]
    [InlineData(Step.CopyFiles)]
    [InlineData(Step.EndOther)]
    public async Task A_computer_that_is_deleted_in_the_middle_leaves_neither(Step at)
    {
        var (account, id) = await RunningAsync();
        Assert.Null(await AskAsync(account, id, "vps-2"));
        await DriveAsync(id, instance => instance.Step == at);
        Assert.Null(await World.Get<InstanceService>().DeleteAsync(account, id, CancellationToken.None));

        await DriveAsync(id, instance => instance.State == InstanceState.Deleted);

        Assert.Empty(Provider.Existing);
        Assert.NotNull((await MoveAsync(id)).EndedAt);
        Assert.False(await BeatAsync(id, id));
    }

    [Fact]
    public async Task Lost_answers_and_a_node_that_dies_at_every_step_buy_one_and_end_one()
    {
        var (account, id) = await RunningAsync();
        var losses = 2;
        Provider.AfterCreate = () => losses-- > 0 ? new ProviderException("The provider said 500, and had done it.") : null;
        Assert.Null(await AskAsync(account, id, "vps-2"));
        var queue = new DueQueue(World.Get<Npgsql.NpgsqlDataSource>(), "instances");

        // Before each visit another node claims it and is never heard of again.
        var instance = await DriveAsync(id, instance => instance.State == InstanceState.Running, async () =>
        {
            await queue.ClaimAsync(100, World.Clock.Now, TimeSpan.FromSeconds(30), CancellationToken.None);
            World.Clock.Advance(TimeSpan.FromSeconds(31));
        });

        Assert.Equal("vps-2", instance.Plan);
        Assert.Equal([id, instance.ServerMark], Provider.Bought);
        Assert.Equal([instance.ServerMark], Provider.Existing);
        Assert.Single(await EventsAsync(account, id), line => line.Kind == "resized");
    }

    [Fact]
    public async Task The_sweep_leaves_both_alone_in_the_middle_and_ends_one_that_appears_after_a_return()
    {
        var (account, id) = await RunningAsync();
        Furthest = MoveReport.Copying;
        Assert.Null(await AskAsync(account, id, "vps-2"));
        await DriveAsync(id, instance => instance.Step == Step.CopyFiles);
        await SweepAsync(times: 8);
        Assert.Equal(2, Provider.Existing.Count);
        Assert.Empty(await OrphansAsync());

        await DriveAsync(id, instance => instance.State == InstanceState.Running);
        var move = await MoveAsync(id);
        Provider.Appear(move.Id);
        await SweepAsync(times: 8);

        Assert.Equal([id], Provider.Existing);
        Assert.Equal((OrphanKind.Second, id), (Assert.Single(await OrphansAsync()).Kind, Assert.Single(await OrphansAsync()).InstanceId));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_before_anything_changes()
    {
        var (account, id) = await RunningAsync("vps-2");
        Provider.Regions = [new ServerRegion("elsewhere", "There", IsAvailable: true)];
        Assert.Equal("size_sold_out", (await AskAsync(account, id, "vps-1"))?.Code);
        Provider.Regions = [new ServerRegion("local", "Here", IsAvailable: true)];
        Assert.True(await BeatAsync(id, id, diskUsed: 46_000_000_000));
        Assert.Equal("disk_too_full", (await AskAsync(account, id, "vps-1"))?.Code);
        Assert.Null(await World.Get<InstanceService>().StopAsync(account, id, CancellationToken.None));
        await DriveAsync(id, instance => instance.State == InstanceState.Stopped);
        Assert.Equal("not_running", (await AskAsync(account, id, "vps-4"))?.Code);

        await using var db = World.NewContext();
        Assert.False(await db.Set<ServerMove>().AnyAsync(move => move.InstanceId == id));
        Assert.Equal([id], Provider.Bought);
    }

    /// <summary>One server, the old one, at the old price; switched off and on only where it had been closed.</summary>
    private async Task AssertKeptAsync(Guid account, Guid id, string why, bool wasClosed)
    {
        var instance = Read(id);
        Assert.Equal(("vps-1", null, null, id, id.ToString()), (instance.Plan, instance.NextPlan, instance.MoveId, instance.ServerMark, instance.ServerReference));
        Assert.Equal([id], Provider.Existing);
        Assert.Equal(wasClosed, Provider.Calls.Contains("stop"));
        Assert.Equal("vps-1", await PlanAsync(id));
        var events = await EventsAsync(account, id);
        Assert.Contains(events, line => line.Kind == Happening.StepFailed && line.Message.Contains(why, StringComparison.Ordinal));
        Assert.Contains(events, line => line.Kind == Happening.SizeKept);
        Assert.Single(await World.MailsToAsync(account), mail => mail.Subject.EndsWith("keeps its size", StringComparison.Ordinal));
        Assert.NotNull((await MoveAsync(id)).EndedAt);
    }

    private async Task AnswersAtAsync(Guid id, string endpoint)
    {
        await using var db = World.NewContext();
        await db.Instances.Where(row => row.Id == id).ExecuteUpdateAsync(set => set.SetProperty(row => row.Endpoint, endpoint));
    }

    private async Task SweepAsync(int times)
    {
        for (var time = 0; time < times; time++)
        {
            World.Clock.Advance(SweepPlan.Every);
            await World.Get<OrphanSweep>().RunAsync(CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<Orphan>> OrphansAsync()
    {
        await using var db = World.NewContext();
        return await db.Set<Orphan>().AsNoTracking().Where(orphan => orphan.Provider == ScriptedProvider.Key).ToListAsync();
    }

    private async Task<string> PlanAsync(Guid id)
    {
        await using var db = World.NewContext();
        return await db.Set<Subscription>().Where(row => row.InstanceId == id).Select(row => row.Plan).SingleAsync();
    }

    private Task<IReadOnlyList<InstanceEvent>> EventsAsync(Guid account, Guid id) => World.Get<InstanceService>().EventsAsync(account, id, 0, CancellationToken.None);
}
