using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Admin;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Admin;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Instances.Sweep;

namespace Spoq.Tests.Admin;

/// <summary>What our own people do is done once, written down, and only while they hold the role.</summary>
public sealed class AdminActionsTests(ScriptedWorld world) : IClassFixture<ScriptedWorld>, IAsyncLifetime
{
    private Administrator _by = null!;

    private AdminActions Actions => world.Get<AdminActions>();

    private AdminReports Reports => world.Get<AdminReports>();

    [Fact]
    public async Task Who_holds_the_role_no_longer_does_nothing_and_leaves_no_trace()
    {
        var id = await world.RunningAsync();
        var former = new Administrator(await world.AddAccountAsync(), new Caller(null, "test"));

        foreach (var act in Every(id, former))
        {
            Assert.Equal(AccessRefusals.AdminOnly, await act());
        }

        Assert.Equal(InstanceState.Running, world.Find(id).State);
        Assert.Empty(await AuditOfAsync(former));
    }

    [Fact]
    public async Task Every_action_is_in_the_audit_log_and_in_the_instances_story()
    {
        var id = await world.RunningAsync();
        Assert.Null(await Actions.HoldAsync(_by, id, "a dispute", CancellationToken.None));
        Assert.Null(await Actions.ReleaseAsync(_by, id, CancellationToken.None));
        Assert.Null(await Actions.ForceStopAsync(_by, id, CancellationToken.None));
        await world.DriveAsync(id, InstanceState.Stopped);
        Assert.Null(await Actions.TerminateAsync(_by, id, CancellationToken.None));

        Assert.Equal(["admin.subscription_held", "admin.subscription_released", "admin.instance_force_stop", "admin.instance_terminate"], await AuditOfAsync(_by));
        var file = (await Reports.FindAsync(id, CancellationToken.None))!;
        Assert.Contains(file.Events, line => line.Kind == "admin_force_stop");
        Assert.Equal((Standing.Terminated, SubscriptionEnd.Deleted), (file.Subscription!.Standing, file.Subscription.EndReason));
        await world.DriveAsync(id, InstanceState.Deleted);
        Assert.Empty(world.Provider.Existing);
    }

    [Fact]
    public async Task Twenty_presses_at_once_terminate_once()
    {
        var id = await world.RunningAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Actions.TerminateAsync(_by, id, CancellationToken.None)));

        Assert.Single(answers, answer => answer is null);
        Assert.All(answers.OfType<Refusal>(), no => Assert.Equal(InstanceRefusals.Gone, no));
        Assert.Single(await AuditOfAsync(_by));
    }

    [Fact]
    public async Task A_failure_is_retried_or_refunded()
    {
        world.Provider.BeforeCreate = () => new ProviderException("Sold out.") { IsFinal = true };
        var (one, two) = (await world.BuyAsync(), await world.BuyAsync());
        await world.DriveAsync(one, InstanceState.Failed);
        await world.DriveAsync(two, InstanceState.Failed);
        world.Provider.BeforeCreate = () => null;

        Assert.Null(await Actions.RetryAsync(_by, one, CancellationToken.None));
        Assert.Null(await Actions.CancelAndRefundAsync(_by, two, CancellationToken.None));

        await world.DriveAsync(one, InstanceState.Running);
        await world.DriveAsync(two, InstanceState.Cancelled);
        Assert.Equal(InstanceRefusals.WasReady, await Actions.CancelAndRefundAsync(_by, one, CancellationToken.None));
        Assert.Equal(InstanceRefusals.NotFound, await Actions.RetryAsync(_by, Guid.NewGuid(), CancellationToken.None));
    }

    [Fact]
    public async Task Instances_are_found_by_address_owner_id_and_state_page_by_page()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await world.BuyAsync());
        }

        var instance = world.Find(ids[1]);
        var owner = (await Reports.FindAsync(ids[1], CancellationToken.None))!.Email;
        foreach (var search in new[] { instance.Address[2..8], owner.ToUpperInvariant(), ids[1].ToString(), instance.AccountId.ToString() })
        {
            Assert.Equal(ids[1], Assert.Single(await Reports.InstancesAsync(search, null, null, 10, CancellationToken.None)).Instance.Id);
        }

        Assert.Empty(await Reports.InstancesAsync("%", null, null, 10, CancellationToken.None));
        Assert.Empty(await Reports.InstancesAsync(owner, InstanceState.Running, null, 10, CancellationToken.None));
        var first = await Reports.InstancesAsync(null, InstanceState.Provisioning, null, 2, CancellationToken.None);
        var second = await Reports.InstancesAsync(null, InstanceState.Provisioning, first[^1].Instance.Id, 2, CancellationToken.None);
        Assert.Equal(ids.AsEnumerable().Reverse(), first.Concat(second).Select(row => row.Instance.Id).Take(3));
    }

    [Fact]
    public async Task An_orphan_is_ended_by_a_person_and_never_one_that_is_somebodys_own()
    {
        var stranger = Guid.NewGuid().ToString();
        world.Provider.Strangers.Add(new ListedServer(stranger, null, "spoq-strange", ServerPower.Running));
        await world.SweepAsync();
        var orphan = Assert.Single(await Reports.OrphansAsync(CancellationToken.None));

        Assert.Null(await Actions.EndOrphanAsync(_by, orphan.Id, CancellationToken.None));
        Assert.Empty(world.Provider.Strangers);
        Assert.Equal(AdminRefusals.NoOrphan, await Actions.EndOrphanAsync(_by, orphan.Id, CancellationToken.None));

        var id = await world.RunningAsync();
        await using (var db = world.NewContext())
        {
            db.Add(new Orphan(Guid.CreateVersion7(), "scripted", id.ToString(), OrphanKind.Unknown, "stale", null, world.Clock.Now));
            await db.SaveChangesAsync();
        }

        var stale = Assert.Single(await Reports.OrphansAsync(CancellationToken.None));
        Assert.Equal(AdminRefusals.NoOrphan, await Actions.EndOrphanAsync(_by, stale.Id, CancellationToken.None));
        Assert.Equal([id], world.Provider.Existing);
    }

    [Fact]
    public async Task A_hold_needs_a_reason()
    {
        var id = await world.RunningAsync();

        Assert.Equal(AdminRefusals.NoReason, await Actions.HoldAsync(_by, id, "  ", CancellationToken.None));
        Assert.Equal(AdminRefusals.NoReason, await Actions.HoldAsync(_by, id, new string('x', 501), CancellationToken.None));
    }

    [Fact]
    public async Task The_overview_counts_what_there_is()
    {
        var before = await Reports.OverviewAsync(CancellationToken.None);
        await world.RunningAsync();
        world.Provider.Strangers.Add(new ListedServer("strange", null, "spoq-strange", ServerPower.Running));
        await world.SweepAsync();

        var after = await Reports.OverviewAsync(CancellationToken.None);
        Assert.Equal((before.States.GetValueOrDefault(InstanceState.Running) + 1, before.Active + 1, 1), (after.States[InstanceState.Running], after.Active, after.Orphans));
        Assert.Contains(await world.Get<ServerCapacity>().ListAsync(CancellationToken.None), row => row is { Provider: "scripted", IsOn: true, Used: > 0 });
    }

    public async Task InitializeAsync()
    {
        world.Reset();
        var account = await world.AddAccountAsync();
        await using var db = world.NewContext();
        db.UserRoles.Add(new IdentityUserRole<Guid> { UserId = account, RoleId = UserTable.AdminRoleId });
        await db.SaveChangesAsync();
        _by = new Administrator(account, new Caller(null, "test"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private IEnumerable<Func<Task<Refusal?>>> Every(Guid id, Administrator by) =>
    [
        () => Actions.RetryAsync(by, id, CancellationToken.None),
        () => Actions.CancelAndRefundAsync(by, id, CancellationToken.None),
        () => Actions.ForceStopAsync(by, id, CancellationToken.None),
        () => Actions.TerminateAsync(by, id, CancellationToken.None),
        () => Actions.HoldAsync(by, id, "because", CancellationToken.None),
        () => Actions.ReleaseAsync(by, id, CancellationToken.None),
        () => Actions.EndOrphanAsync(by, id, CancellationToken.None),
    ];

    private async Task<IReadOnlyList<string>> AuditOfAsync(Administrator by)
    {
        await using var db = world.NewContext();
        return await db.Set<AuditEntry>().Where(entry => entry.AccountId == by.AccountId).OrderBy(entry => entry.Id).Select(entry => entry.Action).ToListAsync();
    }
}
