using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

internal static class ContaboSetup
{
    public static void AddContabo(this IServiceCollection services, IConfiguration configuration)
    {
        if (!configuration.IsSet(ContaboOptions.Section, nameof(ContaboOptions.ClientId), nameof(ContaboOptions.ClientSecret), nameof(ContaboOptions.ApiUser), nameof(ContaboOptions.ApiPassword)))
        {
            return;
        }

        services.AddOptions<ContaboOptions>().Bind(configuration.GetSection(ContaboOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ContaboOptions>, ContaboOptionsValidation>();
        services.AddVendorClient(ContaboTokens.Key, provider => provider.GetRequiredService<IOptions<ContaboOptions>>().Value.AuthUrl);
        services.AddVendorClient(ContaboApi.Key, provider => provider.GetRequiredService<IOptions<ContaboOptions>>().Value.BaseUrl);
        services.AddSingleton<ContaboTokens>();
        services.AddSingleton<ContaboApi>();
        services.AddSingleton<IServerProvider, ContaboProvider>();
    }
}
