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

    /// <summary>What a production would be told, of vendors that are not there.</summary>
    internal Dictionary<string, string?> Settings => new()
    {
        ["Cloudflare:BaseUrl"] = Zone.BaseUrl.AbsoluteUri, ["Cloudflare:ApiToken"] = CloudflareEmulator.ApiToken, ["Cloudflare:ZoneId"] = CloudflareEmulator.ZoneId,
        ["Hostinger:BaseUrl"] = Hostinger.BaseUrl.AbsoluteUri, ["Hostinger:ApiKey"] = HostingerEmulator.ApiKey,
        ["Contabo:BaseUrl"] = Contabo.BaseUrl.AbsoluteUri, ["Contabo:AuthUrl"] = Contabo.BaseUrl.AbsoluteUri, ["Contabo:ServerLimit"] = "100000",
        ["Contabo:ClientId"] = ContaboEmulator.ClientId, ["Contabo:ClientSecret"] = ContaboEmulator.ClientSecret, ["Contabo:ApiUser"] = ContaboEmulator.ApiUser, ["Contabo:ApiPassword"] = ContaboEmulator.ApiPassword,
        ["Fly:BaseUrl"] = Fly.BaseUrl.AbsoluteUri, ["Fly:ApiToken"] = FlyEmulator.ApiToken, ["Fly:Organization"] = FlyEmulator.Organization, ["Fly:Image"] = "registry.fly.io/spoq-runtime:1",
    };

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
        var settings = new ConfigurationBuilder().AddInMemoryCollection(Settings).Build();
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

        foreach (var key in (string[])[CloudflareZone.Key, HostingerApi.Key, ContaboApi.Key, ContaboTokens.Key, FlyApi.Key])
        {
            services.AddHttpClient(key).AddHttpMessageHandler(Death.NewHandler);
        }

        services.ConfigureDbContext<SpoqDbContext>(options => options.AddInterceptors(Death));
    }
}
