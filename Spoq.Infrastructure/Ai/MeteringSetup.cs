using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Infrastructure.Ai;

public static class MeteringSetup
{
    public static IServiceCollection AddMetering(this IServiceCollection services, IConfiguration configuration)
    {
        _ = configuration;
        services.AddSingleton<UsageMeter>();
        services.AddSingleton<BudgetLedger>();
        return services;
    }
}
