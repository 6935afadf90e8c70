using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Tests.Instances.Provisioning;

namespace Spoq.Tests.Instances.Moving;

/// <summary>A provider that cannot change a size, and stand-ins for its servers: each calls home, copies and reports as a real one does.</summary>
public abstract class MoveWorld(ProvisioningWorkerTests.Fixture world) : IAsyncLifetime
{
    private readonly AnyConductor _conductor = new();

    /// <summary>By the mark of the server that was given it.</summary>
    private readonly Dictionary<Guid, string> _tokens = [];

    protected ProvisioningWorkerTests.Fixture World => world;

    private protected ScriptedProvider Provider => world.Provider;

    /// <summary>The new server says no more than this.</summary>
    private protected MoveReport Furthest { get; set; } = MoveReport.Moved;

    public async Task InitializeAsync()
    {
        world.Reset();
        Provider.Clear();
        Provider.Capabilities = ServerCapabilities.Delete | ServerCapabilities.Move;
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

    protected string TokenOf(Guid mark) => _tokens[mark];

    protected async Task<(Guid Account, Guid Id)> RunningAsync(string plan = "vps-1")
    {
        var account = await world.AddAccountAsync();
        var id = await Purchase.BuyAsync(world.Services, account, ScriptedProvider.Key, plan);
        await DriveAsync(id, instance => instance.State == InstanceState.Running);
        Assert.True(await BeatAsync(id, id, diskUsed: 10_000_000_000));
        return (account, id);
    }

    protected Task<Refusal?> AskAsync(Guid account, Guid id, string plan) => world.Get<SizeService>().ResizeAsync(account, id, plan, CancellationToken.None);

    protected Task<bool> BeatAsync(Guid id, Guid mark, long diskUsed = 1) =>
        world.Get<ServerReports>().HeartbeatAsync(id, TokenOf(mark), new ServerVitals("1", 1, 1, 2, diskUsed, 100_000_000_000), new ServerNews([], null), CancellationToken.None);

    protected async Task<Instance> DriveAsync(Guid id, Func<Instance, bool> isThere, Func<Task>? before = null)
    {
        for (var turn = 0; turn < 4000; turn++)
        {
            var instance = Read(id);
            if (isThere(instance))
            {
                return instance;
            }

            await ServeAsync(instance);
            if (Read(id).DueAt is { } due && due > world.Clock.Now)
            {
                world.Clock.Now = due;
            }

            if (before is not null)
            {
                await before();
            }

            await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        }

        throw new TimeoutException($"The instance came to {Read(id).State} {Read(id).Step} and stays there: {Read(id).ErrorMessage}");
    }

    protected Instance Read(Guid id)
    {
        using var db = world.NewContext();
        return db.Instances.AsNoTracking().Single(instance => instance.Id == id);
    }

    protected async Task<ServerMove> MoveAsync(Guid id)
    {
        await using var db = world.NewContext();
        return await db.Set<ServerMove>().AsNoTracking().Where(move => move.InstanceId == id).OrderBy(move => move.Id).LastAsync();
    }

    /// <summary>What the instance's new server would do by itself at this step.</summary>
    private async Task ServeAsync(Instance instance)
    {
        var moves = world.Get<ServerMoves>();
        switch (instance.Step)
        {
            case Step.InstallConductor when instance.PhonedHomeAt is null:
                var token = await world.Get<ServerReports>().PhoneHomeAsync(instance.Id, Provider.TokenOf(instance.ServerMark), "1", CancellationToken.None);
                _tokens[instance.ServerMark] = token!;
                Assert.True(await BeatAsync(instance.Id, instance.ServerMark));
                break;
            case Step.CopyFiles when Furthest != MoveReport.Copying:
                Assert.True(await moves.HearAsync(instance.Id, TokenOf(instance.ServerMark), MoveReport.Copied, null, CancellationToken.None));
                break;
            case Step.FinishCopy when Furthest == MoveReport.Moved && await moves.AskAsync(instance.Id, TokenOf(instance.ServerMark), CancellationToken.None) == MoveOrder.Finish:
                Assert.True(await moves.HearAsync(instance.Id, TokenOf(instance.ServerMark), MoveReport.Moved, null, CancellationToken.None));
                break;
        }
    }
}
