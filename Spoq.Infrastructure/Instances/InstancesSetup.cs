using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Instances;

public static class InstancesSetup
{
    public static IServiceCollection AddInstances(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<InstanceService>();
        services.AddSingleton<InstanceWatcher>();
        return services;
    }
}
