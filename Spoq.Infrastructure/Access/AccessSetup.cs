using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Access;

public static class AccessSetup
{
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<RuntimeTokens>();
        services.AddSingleton<Grants>();
        services.AddSingleton<GrantStanding>();
        services.AddSingleton<AccessDesk>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<TokenService>();
        services.AddSingleton<ApiKeyGate>();
        services.AddSingleton<ApiKeyService>();
        services.AddSingleton<DeviceCodeLimits>();
        services.AddSingleton<DeviceGrantService>();
        services.AddSingleton<DeviceDelivery>();
        return services;
    }
}
