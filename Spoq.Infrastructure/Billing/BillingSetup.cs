using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

public static class BillingSetup
{
    public static IServiceCollection AddBilling(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        // Read now, not when first asked: a broken price must stop the start, not the first sale.
        services.AddSingleton(PlanFile.Load(configuration["Billing:PlansFile"] ?? Path.Combine(AppContext.BaseDirectory, "plans.json")));
        services.AddSingleton<CheckoutSettlement>();
        services.AddSingleton<CheckoutService>();
        services.AddSingleton<CheckoutConfirmation>();
        services.AddSingleton<SubscriptionService>();
        services.AddSingleton<SubscriptionLadder>();
        services.AddSingleton<SubscriptionResume>();
        services.AddWorker<CheckoutWorker>(configuration);
        services.AddWorker<LadderWorker>(configuration);
        services.AddWorker<SubscriptionPaymentWorker>(configuration);
        services.AddStripe(configuration, environment);
        return services;
    }
}
