using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Setup;

namespace Spoq.Infrastructure.Instances;

public static class InstancesSetup
{
    public static IServiceCollection AddInstances(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<InstanceService>();
        services.AddSingleton<MemberService>();
        services.AddSingleton<ConductorClient>();
        services.AddSingleton<InstanceWatcher>();
        services.AddSetup();
        services.AddProvisioning(configuration, environment);
        return services;
    }
}
