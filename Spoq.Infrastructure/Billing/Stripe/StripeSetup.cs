using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Billing.Stripe;

internal static class StripeSetup
{
    public static void AddStripe(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton(_ => StripeWebhookSecrets.From(configuration, environment));
        services.AddSingleton<StripeInbox>();
        services.AddWorker<StripeInboxWorker>(configuration);

        // They hold names and addresses; what they told of is long in our own tables.
        services.AddSweep(StripeInboxEvent.Table, "handled_at < $1 - interval '90 days' and outcome <> 'unreadable'");
        if (environment.IsProduction())
        {
            services.AddSingleton<IPayments, NoPayments>();
            return;
        }

        services.AddPretendNeighbour(environment, "payments", "a pretend checkout: nothing is charged", "Stripe__SecretKey");
        services.AddHttpClient(PretendWebhook.Kind, client => client.Timeout = TimeSpan.FromSeconds(10));
        services.AddSingleton<PretendPayments>();
        services.AddSingleton<IPayments>(provider => provider.GetRequiredService<PretendPayments>());
        services.AddSingleton<IOutboxHandler, PretendWebhook>();
    }
}
