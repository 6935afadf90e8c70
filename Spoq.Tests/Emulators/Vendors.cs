using Spoq.Infrastructure.Instances.Dns.Cloudflare;
using Spoq.Infrastructure.Instances.Providers.Contabo;
using Spoq.Infrastructure.Instances.Providers.Fly;
using Spoq.Infrastructure.Instances.Providers.Hostinger;
using Spoq.Tests.Emulators.Cloudflare;
using Spoq.Tests.Emulators.Contabo;
using Spoq.Tests.Emulators.Fly;
using Spoq.Tests.Emulators.Hostinger;

namespace Spoq.Tests.Emulators;

/// <summary>All that rent servers, and the zone, on one clock.</summary>
internal sealed class Vendors(TimeProvider clock) : IAsyncDisposable
{
    public CloudflareEmulator Zone { get; } = new(clock);

    public HostingerEmulator Hostinger { get; } = new(clock);

    public ContaboEmulator Contabo { get; } = new(clock);

    public FlyEmulator Fly { get; } = new(clock);

    /// <summary>The names of the clients that lead to them.</summary>
    public static IReadOnlyList<string> Clients { get; } = [CloudflareZone.Key, HostingerApi.Key, ContaboApi.Key, ContaboTokens.Key, FlyApi.Key];

    /// <summary>What a production would be told, of vendors that are not there.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Cloudflare:BaseUrl"] = Zone.BaseUrl.AbsoluteUri, ["Cloudflare:ApiToken"] = CloudflareEmulator.ApiToken, ["Cloudflare:ZoneId"] = CloudflareEmulator.ZoneId,
        ["Hostinger:BaseUrl"] = Hostinger.BaseUrl.AbsoluteUri, ["Hostinger:ApiKey"] = HostingerEmulator.ApiKey,
        ["Contabo:BaseUrl"] = Contabo.BaseUrl.AbsoluteUri, ["Contabo:AuthUrl"] = Contabo.BaseUrl.AbsoluteUri, ["Contabo:ServerLimit"] = "100000",
        ["Contabo:ClientId"] = ContaboEmulator.ClientId, ["Contabo:ClientSecret"] = ContaboEmulator.ClientSecret, ["Contabo:ApiUser"] = ContaboEmulator.ApiUser, ["Contabo:ApiPassword"] = ContaboEmulator.ApiPassword,
        ["Fly:BaseUrl"] = Fly.BaseUrl.AbsoluteUri, ["Fly:ApiToken"] = FlyEmulator.ApiToken, ["Fly:Organization"] = FlyEmulator.Organization, ["Fly:Image"] = "registry.fly.io/spoq-runtime:1",
    };

    private IEnumerable<VendorEmulator> All => [Zone, Hostinger, Contabo, Fly];

    public ServerVendorEmulator Of(string provider) => provider switch
    {
        HostingerApi.Key => Hostinger,
        ContaboApi.Key => Contabo,
        FlyApi.Key => Fly,
        _ => throw new ArgumentException($"{provider} has no emulator.", nameof(provider)),
    };

    public async Task StartAsync()
    {
        foreach (var vendor in All)
        {
            await vendor.StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vendor in All)
        {
            await vendor.DisposeAsync();
        }
    }
}
