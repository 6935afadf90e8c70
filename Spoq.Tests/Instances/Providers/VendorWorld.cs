using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Dns.Cloudflare;
using Spoq.Infrastructure.Instances.Providers.Contabo;
using Spoq.Infrastructure.Instances.Providers.Fly;
using Spoq.Infrastructure.Instances.Providers.Hostinger;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Cloudflare;
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

    /// <summary>Where the vendors are.</summary>
    internal Vendors Vendors => field ??= new Vendors(Clock);

    internal CloudflareEmulator Zone => Vendors.Zone;

    internal HostingerEmulator Hostinger => Vendors.Hostinger;

    /// <summary>Where the stand-in for every Conductor answers.</summary>
    internal string ConductorEndpoint { get; set; } = "http://127.0.0.1:9";

    async Task IAsyncLifetime.InitializeAsync()
    {
        await Vendors.StartAsync();
        await InitializeAsync();
        Living = NewNode();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Vendors.DisposeAsync();
    }

    protected override void Configure(HostApplicationBuilder builder)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(Vendors.Settings).Build();
        var services = builder.Services;
        services.TryAddCloudflare(settings);
        services.AddHostinger(settings);
        services.AddContabo(settings);
        services.AddFly(settings);
        Relocated.Wrap(services, () => ConductorEndpoint);

        if (Interlocked.Increment(ref _nodes) > 1)
        {
            return;
        }

        foreach (var key in Vendors.Clients)
        {
            services.AddHttpClient(key).AddHttpMessageHandler(Death.NewHandler);
        }

        services.ConfigureDbContext<SpoqDbContext>(options => options.AddInterceptors(Death));
    }
}
