using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;
using Spoq.Infrastructure.Instances.Providers.Container.Gateway;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Container;

internal static class ContainerSetup
{
    /// <summary>Nothing without <c>Container__Socket</c>.</summary>
    public static void AddContainers(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(ContainerOptions.Section);
        services.AddOptions<ContainerOptions>().Bind(section);
        if (section.Get<ContainerOptions>() is not { IsOn: true })
        {
            return;
        }

        services.AddOptions<ContainerOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<ContainerOptions>, ContainerOptionsValidation>();
        services.AddSingleton<DockerEngine>();
        services.AddSingleton<ContainerBlueprint>();
        if (section.Get<ContainerOptions>() is { GatewayDirectory: not null })
        {
            services.AddWorker<ContainerGateway>(configuration);
            services.AddSingleton<IContainerDoor>(provider => provider.GetRequiredService<ContainerGateway>());
            services.AddSingleton(provider => new GatewayKeys(
                provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>(), provider.GetRequiredService<DockerEngine>(), provider.GetRequiredService<SecretBox>(), provider.GetRequiredService<TimeProvider>()));
        }
        else
        {
            services.AddSingleton<IContainerDoor, ClosedDoor>();
        }

        services.AddSingleton<ContainerProvider>();
        services.AddSingleton<IServerProvider>(provider => provider.GetRequiredService<ContainerProvider>());
        services.AddSingleton(provider => new ContainerService(
            provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>(), provider.GetRequiredService<ContainerProvider>(), provider.GetRequiredService<DockerEngine>(), provider.GetRequiredService<DeviceService>()));
    }
}
