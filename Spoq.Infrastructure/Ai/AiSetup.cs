using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Upstreams;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Ai;

public static class AiSetup
{
    public static IServiceCollection AddAi(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddOptions<AiOptions>().Bind(configuration.GetSection(AiOptions.Section))
            .PostConfigure(options => options.PlanRequired ??= environment.IsProduction())
            .Validate(options => options is { KeyRequestsPerMinute: > 0, AccountRequestsPerMinute: > 0, KeyTokensPerMinute: > 0, AccountTokensPerMinute: > 0, KeyStreams: > 0, AccountStreams: > 0 }, "The limits Ai__KeyRequestsPerMinute, Ai__AccountRequestsPerMinute, Ai__KeyTokensPerMinute, Ai__AccountTokensPerMinute, Ai__KeyStreams and Ai__AccountStreams must be at least 1.")
            .Validate(options => options is { BodyMegabytes: >= 32, BodyWaitSeconds: >= 0, KeysTrustedMinutes: >= 1, StoppingSeconds: >= 0 }, "Ai__BodyMegabytes must be at least 32, which is two of the largest bodies, Ai__BodyWaitSeconds and Ai__StoppingSeconds at least 0 and Ai__KeysTrustedMinutes at least 1.")
            .ValidateOnStart();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<AiOptions>>().Value;
            return new BodyBudget(options.BodyMegabytes * 1024L * 1024, TimeSpan.FromSeconds(options.BodyWaitSeconds), provider.GetRequiredService<TimeProvider>());
        });
        services.AddHostedService<MemoryReturn>();
        services.AddSingleton<KeyReading>();
        services.AddSingleton(provider => new AiAccounts(
            provider.GetRequiredService<AccessTokens>(), provider.GetRequiredService<KeyReading>(), provider.GetRequiredService<IOptions<AiOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new AiKeys(
            provider.GetRequiredService<AiAccounts>(), provider.GetRequiredService<KeyReading>(), provider.GetRequiredService<IOptions<AiOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AiKeysRefresh>();
        services.AddHostedService(provider => provider.GetRequiredService<AiKeysRefresh>());
        services.AddSingleton<RateShare>();
        services.AddHostedService(provider => provider.GetRequiredService<RateShare>());
        services.AddUpstreams(configuration, environment);
        return services;
    }

    /// <summary>What is configured; else, but never in Production, the model that says everything back.</summary>
    private static void AddUpstreams(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        // Read now, not when first asked: a broken price must stop the start.
        var upstreams = UpstreamReading.Read(configuration);
        if (upstreams.Count > 0 || environment.IsProduction())
        {
            services.AddSingleton(provider => new ModelCatalogue([.. upstreams.Select(options => new Upstream(options, Upstream.NewHandler(), provider.GetRequiredService<TimeProvider>()))]));
            return;
        }

        services.AddPretendNeighbour(environment, "AI model", $"{EchoHandler.Model}, which says back what it is told", "Ai__Upstreams__0__Kind");
        services.AddSingleton(provider => new ModelCatalogue([NewEcho(provider)]));
    }

    private static Upstream NewEcho(IServiceProvider provider)
    {
        var clock = provider.GetRequiredService<TimeProvider>();
        var options = new UpstreamOptions
        {
            Name = "echo",
            Form = AiForm.OpenAi,
            BaseUrl = new Uri("http://echo.invalid/v1/"),
            Models = [new ModelOffer(EchoHandler.Model, EchoHandler.Model, ModelPrice.Of(1_000_000, 100_000, 1_000_000, 2_000_000), 4_096, [])],
        };
        return new Upstream(options, new EchoHandler(clock, TimeSpan.FromMilliseconds(provider.GetRequiredService<IOptions<AiOptions>>().Value.EchoDelayMilliseconds)), clock);
    }
}
