using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;

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
        services.AddSingleton<IContainerDoor, ClosedDoor>();
        services.AddSingleton<IServerProvider, ContainerProvider>();
    }
}
