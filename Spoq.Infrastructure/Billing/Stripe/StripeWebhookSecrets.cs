using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>What webhooks are signed with; several while one is being rolled. Empty: no webhook is believed.</summary>
public sealed record StripeWebhookSecrets(IReadOnlyList<string> All)
{
    internal static StripeWebhookSecrets From(IConfiguration configuration, IHostEnvironment environment)
    {
        var configured = (configuration["Stripe:WebhookSecret"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (configured.Length > 0 || environment.IsProduction())
        {
            return new StripeWebhookSecrets(configured);
        }

        var made = GeneratedKey.Read(configuration["Spoq:DataDirectory"]!, "stripe-webhook.key", 32);
        return new StripeWebhookSecrets([$"whsec_{Convert.ToHexStringLower(made)}"]);
    }

    // Records print their members: these must never reach a log.
    public override string ToString() => $"{All.Count} webhook secrets";
}
