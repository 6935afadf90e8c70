using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Byo;

internal static class ByoSetup
{
    /// <summary>There is no vendor, so there is no credential: it is always on.</summary>
    public static void AddByo(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ByoOptions>().Bind(configuration.GetSection(ByoOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ByoOptions>, ByoOptionsValidation>();
        services.AddSingleton<IServerProvider, ByoProvider>();
        services.AddSingleton(provider => new OwnServers(
            provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>(), provider.GetRequiredService<SecretBox>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IHostEnvironment>()));
    }
}
