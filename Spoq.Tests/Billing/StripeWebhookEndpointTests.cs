using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Billing;

/// <summary>The webhook's way in, over real HTTP at the real server.</summary>
public sealed class StripeWebhookEndpointTests : IAsyncLifetime
{
    private SpoqServer _server = null!;
    private IHost _node = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await SpoqServer.NewAsync(new Dictionary<string, string> { ["Stripe__WebhookSecret"] = "whsec_new, whsec_old" });
        _client = _server.NewClient();
        _node = NewNode(_server);
    }

    public async Task DisposeAsync()
    {
        await ((IAsyncDisposable)_node).DisposeAsync();
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_payment_travels_by_signed_webhook_and_a_killed_server_loses_none()
    {
        var (accountId, instanceId) = await AddCustomerAsync();
        var begun = await Get<CheckoutService>().BeginAsync(accountId, new CheckoutRequest(instanceId, "cloud", BillingInterval.Month), CancellationToken.None);
        Assert.True(begun.Try(out var started, out _));
        Assert.StartsWith(_server.BaseUrl.ToString(), started.Url, StringComparison.Ordinal);

        // Paid while the server is dead: the event waits in the payment provider's queue.
        await _server.KillAsync();
        var session = started.Url.Split('/')[^1];
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Get<PretendPayments>().PayAsync(accountId, session, CancellationToken.None)));
        await _server.StartAsync();

        await Eventually.TrueAsync(
            async () =>
            {
                await using var db = NewContext();
                return await db.Set<StripeInboxEvent>().AnyAsync(row => row.Outcome == StripeInboxOutcome.Done);
            },
            "the webhook to be worked off");
        await using var after = NewContext();
        Assert.Equal(1, await after.Set<StripeInboxEvent>().CountAsync());
        Assert.Equal(1, await after.InstanceEvents.CountAsync(line => line.InstanceId == instanceId && line.Kind == "paid"));
        Assert.Equal(CheckoutState.Paid, (await after.Set<CheckoutIntent>().SingleAsync()).State);
    }

    [Theory]
    [InlineData("/webhooks/stripe", "whsec_new")]
    [InlineData("/api/subscription/webhook", "whsec_old")]
    public async Task Both_spellings_take_any_current_secret_and_answer_at_once(string path, string secret)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"id":"evt_{{Guid.NewGuid():n}}","type":"invoice.upcoming"}""");
        var fastest = TimeSpan.MaxValue;
        for (var delivery = 0; delivery < 20; delivery++)
        {
            var watch = Stopwatch.StartNew();
            using var answer = await PostAsync(path, body, StripeSignature.Sign(body, secret, DateTimeOffset.UtcNow));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            fastest = watch.Elapsed < fastest ? watch.Elapsed : fastest;
        }

        // The best of many: what the path costs, not what else the machine was doing.
        Assert.True(fastest < TimeSpan.FromMilliseconds(100), $"The fastest took {fastest.TotalMilliseconds:0} ms.");
        await using var db = NewContext();
        Assert.Equal(1, await db.Set<StripeInboxEvent>().CountAsync());
    }

    [Fact]
    public async Task A_bad_signature_is_a_problem_with_a_reason()
    {
        var body = """{"id":"evt_1","type":"checkout.session.completed"}"""u8.ToArray();
        string?[] headers = [null, "", "nonsense", StripeSignature.Sign(body, "whsec_guessed", DateTimeOffset.UtcNow), StripeSignature.Sign(body, "whsec_new", DateTimeOffset.UtcNow.AddMinutes(-6))];
        foreach (var header in headers)
        {
            using var answer = await PostAsync("/webhooks/stripe", body, header);

            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("bad_signature", problem.GetProperty("code").GetString());
        }

        await using var db = NewContext();
        Assert.False(await db.Set<StripeInboxEvent>().AnyAsync());
    }

    [Fact]
    public async Task A_body_beyond_the_cap_is_refused()
    {
        var body = new byte[StripeInbox.LargestBody + 1];

        using var answer = await PostAsync("/webhooks/stripe", body, StripeSignature.Sign(body, "whsec_new", DateTimeOffset.UtcNow));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task The_pretend_checkout_asks_who_is_there()
    {
        using var client = _server.NewClient(followRedirects: false);

        using var answer = await client.GetAsync(new Uri("/dev/checkout/cs_pretend_x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Contains("/login", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string? signature)
    {
        using var content = new ByteArrayContent(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation(StripeSignature.Header, signature);
        }

        return await _client.SendAsync(request);
    }

    private async Task<(Guid AccountId, Guid InstanceId)> AddCustomerAsync()
    {
        await using var db = NewContext();
        var user = new User { Email = "payer@example.com", UserName = "payer@example.com", CreatedAt = DateTimeOffset.UtcNow };
        var instance = new Instance(Guid.CreateVersion7(), user.Id, "payer", "payer.localhost", "payer", "cloud", "local", "local", DateTimeOffset.UtcNow);
        db.AddRange(user, instance);
        await db.SaveChangesAsync();
        return (user.Id, instance.Id);
    }

    private T Get<T>()
        where T : notnull => _node.Services.GetRequiredService<T>();

    private SpoqDbContext NewContext() => Get<IDbContextFactory<SpoqDbContext>>().CreateDbContext();

    /// <summary>Services beside the server, on its database; no worker of this node runs.</summary>
    private static IHost NewNode(SpoqServer server)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development", DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Spoq"] = server.ConnectionString,
            ["Spoq:BaseUrl"] = server.BaseUrl.ToString(),
            ["Spoq:DataDirectory"] = server.DataDirectory,
        });
        builder.AddDevelopmentDefaults();
        builder.Services.AddSpoq(builder.Configuration, builder.Environment);
        return builder.Build();
    }
}
