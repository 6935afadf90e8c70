using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Billing;

public static class BillingSetup
{
    public static IServiceCollection AddBilling(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        // Read now, not when first asked: a broken price must stop the start, not the first sale.
        services.AddSingleton(PlanFile.Load(configuration["Billing:PlansFile"] ?? Path.Combine(AppContext.BaseDirectory, "plans.json")));
        return services;
    }
}
