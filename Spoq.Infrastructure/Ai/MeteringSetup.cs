using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ai.Reports;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Ai;

public static class MeteringSetup
{
    /// <exception cref="InvalidOperationException">Production that serves AI, but has nowhere to keep usage.</exception>
    public static IServiceCollection AddMetering(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var hasSpool = configuration["Ai:SpoolDirectory"] is { Length: > 0 };
        if (environment.IsProduction() && !hasSpool && configuration.GetSection("Ai:Upstreams").GetChildren().Any())
        {
            throw new InvalidOperationException("Set Ai__SpoolDirectory to a folder on a disk that outlives the process: usage waits there on its way to PostgreSQL.");
        }

        services.AddSingleton<IValidateOptions<SpoolOptions>, SpoolOptionsValidation>();
        services.AddOptions<SpoolOptions>().Bind(configuration.GetSection(SpoolOptions.Section)).Configure(options =>
        {
            if (!hasSpool)
            {
                options.SpoolDirectory = Path.Combine(configuration["Spoq:DataDirectory"] ?? Path.GetTempPath(), "usage-spool");
            }
        }).ValidateOnStart();
        services.AddSingleton<UsageMeter>();
        services.AddSingleton<UsageBooks>();
        services.AddSingleton<UsageShipper>();
        if (hasSpool || !environment.IsProduction())
        {
            services.AddHostedService(provider => provider.GetRequiredService<UsageShipper>());
        }

        services.AddSingleton<IChore, PartitionChore>();
        services.AddSingleton<BudgetStore>();
        services.AddSingleton(provider => new BudgetLedger(
            provider.GetRequiredService<BudgetStore>(), provider.GetRequiredService<UsageMeter>(), provider.GetRequiredService<Notices>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<BudgetLedger>>()));
        services.AddHostedService(provider => provider.GetRequiredService<BudgetLedger>());
        services.AddSingleton(provider => new UsageReports(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<BudgetStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IChore, UsageAlertChore>();
        services.AddSweep("usage_reservations", "valid_until < $1 - interval '10 minutes'");
        return services;
    }
}
