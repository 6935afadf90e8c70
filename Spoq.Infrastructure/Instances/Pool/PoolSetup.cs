using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Instances.Pool;

internal static class PoolSetup
{
    public static void AddPool(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(provider => PoolOptions.From(configuration, provider.GetRequiredService<PlanCatalogue>()));
        services.AddSingleton<WarmPool>();
        services.AddSingleton<PoolChore>();
        services.AddSingleton<IChore>(provider => provider.GetRequiredService<PoolChore>());
    }
}
