using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

internal static class HostingerSetup
{
    public static void AddHostinger(this IServiceCollection services, IConfiguration configuration)
    {
        if (!configuration.IsSet(HostingerOptions.Section, nameof(HostingerOptions.ApiKey)))
        {
            return;
        }

        services.AddOptions<HostingerOptions>().Bind(configuration.GetSection(HostingerOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HostingerOptions>, HostingerOptionsValidation>();
        services.AddVendorClient(HostingerApi.Key, provider => provider.GetRequiredService<IOptions<HostingerOptions>>().Value.BaseUrl);
        services.AddSingleton<HostingerApi>();
        services.AddSingleton<IServerProvider, HostingerProvider>();
    }
}
