using Microsoft.Extensions.DependencyInjection;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;

namespace Spoq.Tests.Instances.Providers.Byo;

/// <summary>What every provider keeps to, where the machine is one that its owner brings at once.</summary>
public sealed class ByoProviderTests(OwnServerWorld world) : ServerProviderConformance, IClassFixture<OwnServerWorld>
{
    protected override IServerProvider Provider => new Eager(world.Services.GetServices<IServerProvider>().Single(provider => provider.Name == "byo"), world);

    [Fact]
    public void It_can_neither_be_resized_nor_deleted()
    {
        Assert.Equal(ServerCapabilities.Ssh | ServerCapabilities.OwnersMachine, Provider.Capabilities);
    }

    protected override ServerOrder OrderHere()
    {
        var order = NewOrder();
        using var db = world.NewContext();
        var account = world.AddAccountAsync().GetAwaiter().GetResult();
        var address = $"t{order.InstanceId:n}"[..20];
        db.Add(new Instance(order.InstanceId, account, address, $"{address}.localhost", "alice", "byo", "own", "byo", world.Clock.Now));
        db.SaveChanges();
        return order;
    }

    /// <summary>An owner who runs the command as soon as it is there.</summary>
    private sealed class Eager(IServerProvider real, OwnServerWorld world) : IServerProvider
    {
        public string Name => real.Name;

        public ServerCapabilities Capabilities => real.Capabilities;

        public TimeSpan LookupLag => real.LookupLag;

        public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => real.RegionsAsync(size, cancellationToken);

        public Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => real.FindAsync(instanceId, cancellationToken);

        public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) => real.ListAsync(cancellationToken);

        public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
        {
            var made = await real.CreateAsync(order, cancellationToken);
            await using var db = world.NewContext();
            await db.Database.ExecuteSqlAsync($"update own_servers set address = '198.44.7.9', system = 'Debian', connected_at = {world.Clock.Now} where id = {order.InstanceId}", cancellationToken);
            return made;
        }

        public Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => real.GetAsync(reference, cancellationToken);

        public Task StartAsync(string reference, CancellationToken cancellationToken) => real.StartAsync(reference, cancellationToken);

        public Task StopAsync(string reference, CancellationToken cancellationToken) => real.StopAsync(reference, cancellationToken);

        public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken) => real.EndAsync(reference, cancellationToken);
    }
}
