using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ops.Chores;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Ops;

public static class OpsSetup
{
    public static IServiceCollection AddOps(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<SpoqOptions>, SpoqOptionsValidation>();
        services.AddOptions<SpoqOptions>().Bind(configuration.GetSection(SpoqOptions.Section)).ValidateOnStart();
        services.AddSingleton(_ => SecretBox.From(configuration, environment));
        services.AddSingleton<Notices>();
        services.AddSingleton<DueWorkerServices>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<IdempotencyKeys>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<Vitals>();
        services.AddWorker<WorkerPresence>(configuration);
        services.AddMail(configuration, environment);
        services.AddWorker<OutboxWorker>(configuration);
        services.AddSingleton<IChore, SweepChore>();
        services.AddWorker<ChoreWorker>(configuration);
        services.AddSweep("rate_counters", "full_at < $1");
        services.AddSweep("idempotency_keys", "created_at < $1 - interval '1 day'");
        services.AddSweep("outbox", "delivered_at < $1 - interval '30 days'");
        return services;
    }

    /// <summary>A background worker: always resolvable (tests call its <c>RunOnceAsync</c>), started where the role <c>worker</c> is on.</summary>
    public static IServiceCollection AddWorker<T>(this IServiceCollection services, IConfiguration configuration)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        var options = configuration.GetSection(SpoqOptions.Section).Get<SpoqOptions>() ?? new SpoqOptions();
        if (options.IsWorker)
        {
            services.AddHostedService(provider => provider.GetRequiredService<T>());
        }

        return services;
    }
}
