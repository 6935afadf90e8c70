using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Sweep;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Sweep;

/// <summary>A database, a provider that does as it is told, and computers bought there.</summary>
public class ScriptedWorld : DatabaseFixture, IAsyncLifetime
{
    private readonly AnyConductor _conductor = new();

    internal ScriptedProvider Provider => field ??= new ScriptedProvider(Clock);

    public new async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Provider.Endpoint = await _conductor.StartAsync(host => Read(instance => instance.Hostname == host).Id);
    }

    public new async Task DisposeAsync()
    {
        await _conductor.StopAsync();
        await base.DisposeAsync();
    }

    internal void Reset()
    {
        Provider.Clear();
        using var db = NewContext();
        db.Instances.ExecuteUpdate(set => set.SetProperty(instance => instance.DueAt, (DateTimeOffset?)null).SetProperty(instance => instance.ServerReference, (string?)null));
        db.Set<Orphan>().ExecuteDelete();
    }

    internal async Task<Guid> BuyAsync() => await Purchase.BuyAsync(Services, await AddAccountAsync(), ScriptedProvider.Key);

    internal async Task<Guid> RunningAsync()
    {
        var id = await BuyAsync();
        await DriveAsync(id, InstanceState.Running);
        return id;
    }

    internal Task SweepAsync(IServiceProvider? node = null) => (node ?? Services).GetRequiredService<OrphanSweep>().RunAsync(CancellationToken.None);

    internal async Task<IReadOnlyList<Orphan>> OrphansAsync()
    {
        await using var db = NewContext();
        return await db.Set<Orphan>().AsNoTracking().Where(orphan => orphan.ResolvedAt == null).OrderBy(orphan => orphan.Id).ToListAsync();
    }

    internal async Task<ProviderServer?> OrderAsync(Guid id)
    {
        await using var db = NewContext();
        return await db.Set<ProviderServer>().AsNoTracking().SingleOrDefaultAsync(line => line.InstanceId == id && line.RemovedAt == null);
    }

    internal Task<Instance> DriveAsync(Guid id, InstanceState state, params ProvisioningWorker[] others) => DriveAsync(id, instance => instance.State == state, others);

    /// <summary>Turns the clock to whatever is due next until the instance is as wanted; a server calls home when it is waited for.</summary>
    internal async Task<Instance> DriveAsync(Guid id, Func<Instance, bool> isThere, params ProvisioningWorker[] others)
    {
        for (var turn = 0; turn < 300; turn++)
        {
            var instance = Find(id);
            if (isThere(instance))
            {
                return instance;
            }

            if (instance.Step == Step.InstallConductor && instance.PhonedHomeAt is null)
            {
                Assert.NotNull(await Get<ServerReports>().PhoneHomeAsync(id, Provider.TokenOf(id), "1", CancellationToken.None));
            }

            if (instance.DueAt > Clock.Now)
            {
                Clock.Now = instance.DueAt.Value;
            }

            await Task.WhenAll(others.Append(Get<ProvisioningWorker>()).Select(worker => worker.RunOnceAsync(CancellationToken.None)));
        }

        throw new TimeoutException($"The instance came to {Find(id).State} and stays there.");
    }

    internal Instance Find(Guid id) => Read(instance => instance.Id == id);

    private Instance Read(Func<Instance, bool> which)
    {
        using var db = NewContext();
        return db.Instances.AsNoTracking().AsEnumerable().Single(which);
    }

    protected override void Configure(HostApplicationBuilder builder) => builder.Services.AddSingleton<IServerProvider>(Provider);
}
