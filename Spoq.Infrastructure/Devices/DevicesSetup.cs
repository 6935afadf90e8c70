using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices.SshId;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Devices;

public static class DevicesSetup
{
    public static IServiceCollection AddDevices(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<IValidateOptions<SshIdOptions>>(new SshIdOptionsValidation(environment));
        services.AddOptions<SshIdOptions>().Bind(configuration.GetSection(SshIdOptions.Section)).ValidateOnStart();
        services.AddSingleton<IKeyDirectory, SshIdDirectory>();
        services.AddSingleton<HandleLookups>();
        services.AddSingleton<DeviceService>();
        services.AddSingleton<ProfileService>();
        services.AddSweep("handle_lookups", "shown_at < $1 - interval '1 day'");
        return services;
    }
}
