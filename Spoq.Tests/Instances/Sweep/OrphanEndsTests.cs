using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Admin;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Admin;

namespace Spoq.Tests.Instances.Sweep;

/// <summary>A provider takes its time over an end: nobody waits for it with a row locked, and nobody ends a thing twice.</summary>
public sealed class OrphanEndsTests(ScriptedWorld world) : IClassFixture<ScriptedWorld>, IAsyncLifetime
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Administrator _by = null!;

    [Fact]
    public async Task A_person_may_wait_for_a_provider_and_no_row_is_locked_meanwhile()
    {
        var orphan = await StrangerAsync();
        var ending = EndAsync(orphan);
        await _reached.Task;

        await AssertUnlockedAsync("orphans", orphan);
        var second = await EndAsync(orphan, world.NewNode());
        _goOn.SetResult();

        Assert.Null(await ending);
        Assert.Equal(AdminRefusals.StillEnding, second);
        Assert.Single(world.Provider.Calls, call => call == "end");
        Assert.Empty(world.Provider.Strangers);
    }

    [Fact]
    public async Task A_double_is_ended_with_no_row_locked_and_its_owner_may_act_meanwhile()
    {
        var id = await world.RunningAsync();
        world.Provider.Strangers.Add(new ListedServer("double", id, id.ToString(), ServerPower.Running));
        await world.SweepAsync();
        world.Clock.Advance(SweepPlan.SafetyAge);
        var sweep = world.SweepAsync();
        await _reached.Task;

        await AssertUnlockedAsync("instances", id);
        await AssertUnlockedAsync("orphans", Assert.Single(await world.OrphansAsync()).Id);
        _goOn.SetResult();
        await sweep;

        Assert.Empty(await world.OrphansAsync());
        Assert.Empty(world.Provider.Strangers);
        Assert.Equal([id], world.Provider.Existing);
        await using var db = world.NewContext();
        Assert.Equal(1, await db.Set<InstanceEvent>().CountAsync(line => line.InstanceId == id && line.Kind == "double_removed"));
    }

    [Fact]
    public async Task A_refusal_leaves_it_to_the_next_try_and_so_does_a_node_that_died()
    {
        var orphan = await StrangerAsync();
        world.Provider.DuringEnd = () => throw new ProviderException("Not now.");
        Assert.Equal("provider_error", (await EndAsync(orphan))?.Code);

        await using (var db = world.NewContext())
        {
            var row = await db.Set<Orphan>().SingleAsync(one => one.Id == orphan);
            Assert.Null(row.EndingUntil);
            row.BeginEnd(world.Clock.Now.AddMinutes(5));
            await db.SaveChangesAsync();
        }

        world.Provider.DuringEnd = () => Task.CompletedTask;
        Assert.Equal(AdminRefusals.StillEnding, await EndAsync(orphan));
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Null(await EndAsync(orphan));
    }

    [Fact]
    public async Task What_is_being_ended_becomes_nobodys_own()
    {
        var id = await world.BuyAsync();
        world.Provider.AfterCreate = () => new ProviderException("The provider said 500, and had done it.") { IsFinal = true };
        await world.DriveAsync(id, InstanceState.Failed);
        world.Provider.AfterCreate = () => null;
        await using (var db = world.NewContext())
        {
            var orphan = new Orphan(Guid.CreateVersion7(), "scripted", id.ToString(), OrphanKind.Second, id.ToString(), id, world.Clock.Now);
            orphan.BeginEnd(world.Clock.Now.AddMinutes(10));
            db.Add(orphan);
            await db.SaveChangesAsync();
        }

        world.Clock.Advance(SweepPlan.AnswerAge);
        await world.SweepAsync();
        Assert.Null((await world.OrderAsync(id))!.Reference);

        world.Clock.Advance(TimeSpan.FromMinutes(6));
        await world.SweepAsync();
        Assert.Equal(id.ToString(), (await world.OrderAsync(id))!.Reference);
    }

    public async Task InitializeAsync()
    {
        world.Reset();
        var account = await world.AddAccountAsync();
        await using var db = world.NewContext();
        db.UserRoles.Add(new IdentityUserRole<Guid> { UserId = account, RoleId = UserTable.AdminRoleId });
        await db.SaveChangesAsync();
        _by = new Administrator(account, new Caller(null, "test"));
        world.Provider.DuringEnd = () =>
        {
            _reached.TrySetResult();
            return _goOn.Task;
        };
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private Task<Core.Refusal?> EndAsync(Guid orphan, IServiceProvider? node = null) => (node ?? world.Services).GetRequiredService<AdminActions>().EndOrphanAsync(_by, orphan, CancellationToken.None);

    private async Task<Guid> StrangerAsync()
    {
        world.Provider.Strangers.Add(new ListedServer("strange", null, "spoq-strange", ServerPower.Running));
        await world.SweepAsync();
        return Assert.Single(await world.OrphansAsync()).Id;
    }

    private async Task AssertUnlockedAsync(string table, Guid id)
    {
        await using var db = world.NewContext();
        await using var transaction = await db.Database.BeginTransactionAsync();
#pragma warning disable EF1003 // The table is one of two words of this test.
        await db.Database.ExecuteSqlRawAsync("select 1 from " + table + " where id = {0} for update nowait", id);
#pragma warning restore EF1003
    }
}
