using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Admin;
using Spoq.Infrastructure.Ai;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Releases;

namespace Spoq.Infrastructure;

/// <summary>The composition root: which neighbours are real and which are development stand-ins.</summary>
public static class SpoqSetup
{
    public static IServiceCollection AddSpoq(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddData(configuration, environment);
        services.AddOps(configuration, environment);
        services.AddAccess(configuration, environment);
        services.AddAccounts(configuration, environment);
        services.AddDevices(configuration, environment);
        services.AddBilling(configuration, environment);
        services.AddInstances(configuration, environment);
        services.AddAdmin();
        services.AddReleases(configuration, environment);
        services.AddAi(configuration, environment);
        services.AddMetering(configuration, environment);
        return services;
    }
}
