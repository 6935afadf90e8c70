using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Dns.Cloudflare;
using Spoq.Infrastructure.Instances.Providers.Contabo;
using Spoq.Infrastructure.Instances.Providers.Fly;
using Spoq.Infrastructure.Instances.Providers.Hostinger;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Cloudflare;
using Spoq.Tests.Emulators.Contabo;
using Spoq.Tests.Emulators.Fly;
using Spoq.Tests.Emulators.Hostinger;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>A database and nodes that are set up for all vendors as a production is, with emulators where the vendors are. The first node may die.</summary>
public sealed class VendorWorld : DatabaseFixture, IAsyncLifetime
{
    private int _nodes;

    internal Death Death { get; } = new();

    /// <summary>The node that goes on; tests act through it.</summary>
    internal IServiceProvider Living { get; private set; } = null!;

    internal CloudflareEmulator Zone => field ??= new CloudflareEmulator(Clock);

    internal HostingerEmulator Hostinger => field ??= new HostingerEmulator(Clock);

    internal ContaboEmulator Contabo => field ??= new ContaboEmulator(Clock);

    internal FlyEmulator Fly => field ??= new FlyEmulator(Clock);

    /// <summary>Where the stand-in for every Conductor answers.</summary>
    internal string ConductorEndpoint { get; set; } = "http://127.0.0.1:9";

    async Task IAsyncLifetime.InitializeAsync()
    {
        foreach (var vendor in (VendorEmulator[])[Zone, Hostinger, Contabo, Fly])
        {
            await vendor.StartAsync();
        }

        await InitializeAsync();
        Living = NewNode();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        foreach (var vendor in (VendorEmulator[])[Zone, Hostinger, Contabo, Fly])
        {
            await vendor.DisposeAsync();
        }
    }

    protected override void Configure(HostApplicationBuilder builder)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cloudflare:BaseUrl"] = Zone.BaseUrl.AbsoluteUri, ["Cloudflare:ApiToken"] = CloudflareEmulator.ApiToken, ["Cloudflare:ZoneId"] = CloudflareEmulator.ZoneId,
            ["Hostinger:BaseUrl"] = Hostinger.BaseUrl.AbsoluteUri, ["Hostinger:ApiKey"] = HostingerEmulator.ApiKey,
            ["Contabo:BaseUrl"] = Contabo.BaseUrl.AbsoluteUri, ["Contabo:AuthUrl"] = Contabo.BaseUrl.AbsoluteUri, ["Contabo:ServerLimit"] = "100000",
            ["Contabo:ClientId"] = ContaboEmulator.ClientId, ["Contabo:ClientSecret"] = ContaboEmulator.ClientSecret, ["Contabo:ApiUser"] = ContaboEmulator.ApiUser, ["Contabo:ApiPassword"] = ContaboEmulator.ApiPassword,
            ["Fly:BaseUrl"] = Fly.BaseUrl.AbsoluteUri, ["Fly:ApiToken"] = FlyEmulator.ApiToken, ["Fly:Organization"] = FlyEmulator.Organization, ["Fly:Image"] = "registry.fly.io/spoq-runtime:1",
        }).Build();
        var services = builder.Services;
        services.TryAddCloudflare(settings);
        services.AddHostinger(settings);
        services.AddContabo(settings);
        services.AddFly(settings);
        foreach (var line in services.Where(line => line.ServiceType == typeof(IServerProvider) && line.ImplementationType is not null).ToList())
        {
            services.Remove(line);
            services.AddSingleton<IServerProvider>(provider => new Relocated((IServerProvider)ActivatorUtilities.CreateInstance(provider, line.ImplementationType!), () => ConductorEndpoint));
        }

        if (Interlocked.Increment(ref _nodes) > 1)
        {
            return;
        }

        foreach (var key in (string[])[CloudflareZone.Key, HostingerApi.Key, ContaboApi.Key, ContaboTokens.Key, FlyApi.Key])
        {
            services.AddHttpClient(key).AddHttpMessageHandler(Death.NewHandler);
        }

        services.ConfigureDbContext<SpoqDbContext>(options => options.AddInterceptors(Death));
    }

    /// <summary>The vendor's own adapter; only its Conductors answer on loopback and not under a name that no resolver here knows.</summary>
    private sealed class Relocated(IServerProvider real, Func<string> endpoint) : IServerProvider
    {
        public string Name => real.Name;

        /// <summary>Nobody answers by SSH at the addresses that an emulator gives.</summary>
        public ServerCapabilities Capabilities => real.Capabilities & ~ServerCapabilities.Ssh;

        public TimeSpan LookupLag => real.LookupLag;

        public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => real.RegionsAsync(size, cancellationToken);

        public async Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => Move(await real.FindAsync(instanceId, cancellationToken));

        public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) => real.ListAsync(cancellationToken);

        public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken) => Move(await real.CreateAsync(order, cancellationToken))!;

        public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => Move(await real.GetAsync(reference, cancellationToken));

        public Task StartAsync(string reference, CancellationToken cancellationToken) => real.StartAsync(reference, cancellationToken);

        public Task StopAsync(string reference, CancellationToken cancellationToken) => real.StopAsync(reference, cancellationToken);

        public Task SettleAsync(string reference, CancellationToken cancellationToken) => real.SettleAsync(reference, cancellationToken);

        public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken) => real.EndAsync(reference, cancellationToken);

        private Server? Move(Server? server) => server is { Power: ServerPower.Running, IsReachedByName: true } ? server with { Endpoint = endpoint() } : server;
    }
}
