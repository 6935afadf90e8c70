using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Dns;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Dns.Cloudflare;

internal static class CloudflareSetup
{
    /// <summary>False: not configured.</summary>
    public static bool TryAddCloudflare(this IServiceCollection services, IConfiguration configuration)
    {
        if (!configuration.IsSet(CloudflareOptions.Section, nameof(CloudflareOptions.ApiToken), nameof(CloudflareOptions.ZoneId)))
        {
            return false;
        }

        services.AddOptions<CloudflareOptions>().Bind(configuration.GetSection(CloudflareOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CloudflareOptions>, CloudflareOptionsValidation>();
        services.AddVendorClient(CloudflareZone.Key, provider => provider.GetRequiredService<IOptions<CloudflareOptions>>().Value.BaseUrl);
        services.AddSingleton<IDnsZone, CloudflareZone>();
        return true;
    }
}
