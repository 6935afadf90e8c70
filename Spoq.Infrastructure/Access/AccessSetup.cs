using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Ops.Chores;

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
        services.AddSingleton<IdTokens>();
        services.AddSingleton<TokenDesk>();
        services.AddSingleton<OAuthClients>();
        services.AddSingleton<AuthorizationService>();
        services.AddSingleton<ApiKeyGate>();
        services.AddSingleton<ApiKeyService>();
        services.AddSingleton<DeviceCodeLimits>();
        services.AddSingleton<DeviceGrantService>();
        services.AddSingleton<DeviceDelivery>();
        services.AddSweep("refresh_tokens", "expires_at < $1");
        services.AddSweep("device_grants", "created_at < $1 - interval '1 day'");

        // Of sign-ups that nobody finished.
        services.AddSweep("grants", "created_at < $1 - interval '2 days' and not exists (select 1 from users where users.id = grants.account_id)");
        return services;
    }
}
