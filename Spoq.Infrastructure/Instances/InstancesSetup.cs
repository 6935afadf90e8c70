using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ai;
using Spoq.Infrastructure.Ai.Upstreams;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Infrastructure.Instances.Sweep;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances;

public static class InstancesSetup
{
    public static IServiceCollection AddInstances(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<InstanceService>();
        services.AddSingleton<MemberService>();
        services.AddSingleton<ConductorClient>();
        services.AddSingleton<InstanceWatcher>();
        services.AddSingleton<InstanceKeys>();
        services.AddSingleton(provider => new DesiredStates(
            provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>(), provider.GetRequiredService<InstanceKeys>(), provider.GetRequiredService<ModelCatalogue>(),
            provider.GetRequiredService<IOptions<SpoqOptions>>(), provider.GetRequiredService<IOptions<AiOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddWorker<ConductorPokes>(configuration);
        services.AddSetup();
        services.AddProvisioning(configuration, environment);
        services.AddOrphanSweep();
        services.AddPool(configuration);
        return services;
    }
}
