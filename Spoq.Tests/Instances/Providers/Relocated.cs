using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;

namespace Spoq.Tests.Instances.Providers;

/// <summary>The vendor's own adapter; only its Conductors answer on loopback and not under a name that no resolver here knows.</summary>
internal class Relocated : IServerProvider
{
    private readonly IServerProvider _real;
    private readonly Func<string> _endpoint;

    private Relocated(IServerProvider real, Func<string> endpoint) => (_real, _endpoint) = (real, endpoint);

    public static IServerProvider Of(IServerProvider real, Func<string> endpoint) => real is IReusableServers rentals ? new Rentals(rentals, endpoint) : new Relocated(real, endpoint);

    /// <summary>Every vendor's adapter that is registered.</summary>
    public static void Wrap(IServiceCollection services, Func<string> endpoint)
    {
        foreach (var line in services.Where(line => line.ServiceType == typeof(IServerProvider) && line.ImplementationType is not null).ToList())
        {
            services.Remove(line);
            services.AddSingleton(provider => Of((IServerProvider)ActivatorUtilities.CreateInstance(provider, line.ImplementationType!), endpoint));
        }
    }

    public string Name => _real.Name;

    /// <summary>Nobody answers by SSH at the addresses that an emulator gives.</summary>
    public ServerCapabilities Capabilities => _real.Capabilities & ~ServerCapabilities.Ssh;

    public TimeSpan LookupLag => _real.LookupLag;

    public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => _real.RegionsAsync(size, cancellationToken);

    public Task<IReadOnlyList<ServerRegion>> RegionsNowAsync(ServerSize? size, CancellationToken cancellationToken) => _real.RegionsNowAsync(size, cancellationToken);

    public async Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => Move(await _real.FindAsync(instanceId, cancellationToken));

    public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) => _real.ListAsync(cancellationToken);

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken) => Move(await _real.CreateAsync(order, cancellationToken))!;

    public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => Move(await _real.GetAsync(reference, cancellationToken));

    public Task StartAsync(string reference, CancellationToken cancellationToken) => _real.StartAsync(reference, cancellationToken);

    public Task StopAsync(string reference, CancellationToken cancellationToken) => _real.StopAsync(reference, cancellationToken);

    public Task ResizeAsync(string reference, ServerSize size, CancellationToken cancellationToken) => _real.ResizeAsync(reference, size, cancellationToken);

    public Task SettleAsync(string reference, CancellationToken cancellationToken) => _real.SettleAsync(reference, cancellationToken);

    public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken) => _real.EndAsync(reference, cancellationToken);

    protected Server? Move(Server? server) => server is { Power: ServerPower.Running, IsReachedByName: true } ? server with { Endpoint = _endpoint() } : server;

    private sealed class Rentals(IReusableServers real, Func<string> endpoint) : Relocated(real, endpoint), IReusableServers
    {
        private readonly IReusableServers _rentals = real;

        public bool RenewsAgain => _rentals.RenewsAgain;

        public Task<ServerEnd> KeepAsync(string reference, CancellationToken cancellationToken) => _rentals.KeepAsync(reference, cancellationToken);

        public Task<SpareLook> LookAtAsync(Spare spare, CancellationToken cancellationToken) => _rentals.LookAtAsync(spare, cancellationToken);

        public async Task<Server> TakeOverAsync(Spare spare, ServerOrder order, CancellationToken cancellationToken) => Move(await _rentals.TakeOverAsync(spare, order, cancellationToken))!;
    }
}
