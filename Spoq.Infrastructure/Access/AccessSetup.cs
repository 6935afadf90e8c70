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
        services.AddSingleton<ConnectedApps>();
        services.AddSingleton<SigningKeyRotation>();
        services.AddSingleton<IChore>(provider => provider.GetRequiredService<SigningKeyRotation>());
        services.AddSingleton<ApiKeyGate>();
        services.AddSingleton<ApiKeyService>();
        services.AddSingleton<DeviceCodeLimits>();
        services.AddSingleton<DeviceGrantService>();
        services.AddSingleton<DeviceDelivery>();
        services.AddSweep("refresh_tokens", "expires_at < $1");
        services.AddSweep("authorization_codes", "created_at < $1 - interval '1 day'");
        services.AddSweep("signing_keys", "retired_at < $1 - interval '26 hours'");
        services.AddSweep("grants", "revoked_at < $1 - interval '90 days'");

        // Nothing is left that could be renewed, and the last access token has died.
        services.AddSweep("grants", "created_at < $1 - interval '1 day' and not exists (select 1 from refresh_tokens where refresh_tokens.grant_id = grants.id)");
        services.AddSweep("oauth_clients", "coalesce(last_used_at, created_at) < $1 - interval '90 days' and not exists (select 1 from grants where grants.client_id = oauth_clients.id)");
        services.AddSweep("device_grants", "created_at < $1 - interval '1 day'");

        // Of sign-ups that nobody finished.
        services.AddSweep("grants", "created_at < $1 - interval '2 days' and not exists (select 1 from users where users.id = grants.account_id)");
        return services;
    }
}
