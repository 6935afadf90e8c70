using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Tests.Emulators;

/// <summary>The client that the composition root gives a vendor's adapter, leading to an emulator.</summary>
internal static class VendorClients
{
    public static IHttpClientFactory To(params (string Key, Uri BaseUrl)[] vendors)
    {
        var services = new ServiceCollection();
        foreach (var (key, baseUrl) in vendors)
        {
            services.AddVendorClient(key, _ => baseUrl);
        }

        return services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>();
    }
}
