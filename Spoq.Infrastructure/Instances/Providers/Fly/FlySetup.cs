using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Fly;

internal static class FlySetup
{
    public static void AddFly(this IServiceCollection services, IConfiguration configuration)
    {
        if (!configuration.IsSet(FlyOptions.Section, nameof(FlyOptions.ApiToken)))
        {
            return;
        }

        services.AddOptions<FlyOptions>().Bind(configuration.GetSection(FlyOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FlyOptions>, FlyOptionsValidation>();
        services.AddVendorClient(FlyApi.Key, provider => provider.GetRequiredService<IOptions<FlyOptions>>().Value.BaseUrl);
        services.AddSingleton<FlyApi>();
        services.AddSingleton<IServerProvider, FlyProvider>();
    }
}
