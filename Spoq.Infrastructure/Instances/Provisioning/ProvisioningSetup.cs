using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Dns;
using Spoq.Infrastructure.Instances.Dns.Cloudflare;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Byo;
using Spoq.Infrastructure.Instances.Providers.Contabo;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Infrastructure.Instances.Providers.Fly;
using Spoq.Infrastructure.Instances.Providers.Hostinger;
using Spoq.Infrastructure.Instances.Providers.Local;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;
using Spoq.Infrastructure.Releases;

namespace Spoq.Infrastructure.Instances.Provisioning;

internal static class ProvisioningSetup
{
    public static void AddProvisioning(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<ServerProviders>();
        services.AddSingleton<ServerCapacity>();
        services.AddSingleton<CertificateQueue>();
        services.AddSweep(CertificateTurnTable.Name, "taken_at < $1 - interval '30 days' or (taken_at is null and asked_at < $1 - interval '90 days')");
        services.AddSingleton<ServerLedger>();
        services.AddSingleton<ServerEnds>();
        services.AddSingleton<ServerReports>();
        services.AddMoving();
        services.AddSingleton(provider => new ServerSettings(
            provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>(), provider.GetRequiredService<DownloadService>(), provider.GetRequiredService<SecretBox>(),
            provider.GetRequiredService<ServerMoves>(), provider.GetRequiredService<IOptions<SpoqOptions>>(), provider.GetService<IContainerDoor>()));
        services.AddSingleton<InstanceObserver>();
        services.AddContainers(configuration);
        services.AddHostinger(configuration);
        services.AddContabo(configuration);
        services.AddFly(configuration);
        services.AddByo(configuration);
        if (services.TryAddCloudflare(configuration))
        {
            // Addresses are real from here on, in every environment.
        }
        else if (environment.IsProduction())
        {
            services.AddSingleton<IDnsZone, NoDnsZone>();
        }
        else
        {
            services.AddSingleton<IDnsZone, LocalDnsZone>();
            services.AddPretendNeighbour(environment, "DNS", "addresses end in .localhost, which is this machine", "Cloudflare__ApiToken");
        }

        if (!environment.IsProduction())
        {
            services.AddLocalNeighbours(configuration);
            services.AddPretendNeighbour(environment, "servers", "each computer is a real Conductor, run as a process on this machine, without SSH", "Provisioning__DefaultProvider");
            services.AddPretendNeighbour(environment, "AI", "the model spoq-echo says back what it is asked", "an AI upstream");
        }

        services.AddSingleton<IProvisioningStep, ReserveStep>();
        services.AddSingleton<IProvisioningStep, CreateServerStep>();
        services.AddSingleton<IProvisioningStep, AwaitServerStep>();
        services.AddSingleton<IProvisioningStep, ConfigureDnsStep>();
        services.AddSingleton<IProvisioningStep, InstallConductorStep>();

        // The computer is its owner's: it sends us nowhere else.
        services.AddHttpClient<VerifyStep>(http => http.Timeout = TimeSpan.FromSeconds(10))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
        services.AddSingleton<IProvisioningStep>(provider => provider.GetRequiredService<VerifyStep>());
        services.AddSingleton<IProvisioningStep, ReadyStep>();
        services.AddSingleton<IProvisioningStep, StopServerStep>();
        services.AddSingleton<IProvisioningStep, StartServerStep>();
        services.AddSingleton<IProvisioningStep, ResizeServerStep>();
        services.AddSingleton<SizeService>();
        services.AddSingleton<IProvisioningStep, RevokeAccessStep>();
        services.AddSingleton<IProvisioningStep, RemoveDnsStep>();
        services.AddSingleton<IProvisioningStep, DeleteServerStep>();
        services.AddSingleton<IProvisioningStep, RefundStep>();
        services.AddSingleton<IProvisioningStep, CloseStep>();
        services.AddWorker<ProvisioningWorker>(configuration);
    }

    private static void AddLocalNeighbours(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<LocalOptions>().Bind(configuration.GetSection(LocalOptions.Section));
        services.AddSingleton<LocalProvider>();
        services.AddSingleton<IServerProvider>(provider => provider.GetRequiredService<LocalProvider>());
        services.AddHostedService<LocalShutdown>();
    }
}
