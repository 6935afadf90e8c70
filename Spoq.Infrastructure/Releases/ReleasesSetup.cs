using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Releases;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Releases;

public static class ReleasesSetup
{
    public static IServiceCollection AddReleases(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddOptions<ReleasesOptions>().Bind(configuration.GetSection(ReleasesOptions.Section)).PostConfigure(options =>
            options.Directory = options.Directory is { Length: > 0 } given
                ? Path.GetFullPath(given)
                : Path.Combine(environment.IsProduction() ? AppContext.BaseDirectory : DevelopmentDefaults.RepositoryRoot(), "binaries"));
        services.AddSingleton<IReleaseStore, DirectoryReleaseStore>();
        services.AddSingleton<DownloadService>();
        services.AddSingleton<ConductorUpdates>();
        services.AddSweep("download_tokens", "created_at < $1 - interval '1 day'");
        return services;
    }
}
