using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>Delivers the pretend payment provider's events as Stripe does: signed, over HTTP, again and again until a 2xx.</summary>
internal sealed class PretendWebhook(IHttpClientFactory clients, StripeWebhookSecrets secrets, IOptions<SpoqOptions> options, TimeProvider clock) : IOutboxHandler
{
    public const string Kind = "pretend_stripe_event";

    string IOutboxHandler.Kind => Kind;

    /// <exception cref="HttpRequestException">Not answered, or not with 2xx: the outbox tries again.</exception>
    public async Task HandleAsync(ReadOnlyMemory<byte> payload, Guid messageId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Value.BaseUrl, "/webhooks/stripe"));
        request.Content = new ReadOnlyMemoryContent(payload) { Headers = { ContentType = new MediaTypeHeaderValue("application/json", "utf-8") } };
        request.Headers.Add(StripeSignature.Header, StripeSignature.Sign(payload.Span, secrets.All[0], clock.GetUtcNow()));
        using var client = clients.CreateClient(Kind);
        using var response = await client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
