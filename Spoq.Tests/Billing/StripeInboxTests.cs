using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Billing;

public sealed class StripeInboxTests(BillingFixture fixture) : IClassFixture<BillingFixture>
{
    public static TheoryData<int[]> Orders => [.. Orderings([0, 1, 2, 3])];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Any_order_and_any_repetition_ends_like_one_ordered_delivery(int[] order)
    {
        var customer = await fixture.AddCustomerAsync();
        var declined = await fixture.BeginAsync(customer, interval: BillingInterval.Year);
        var started = await fixture.BeginAsync(customer);
        await fixture.PayAsync(customer, started);
        var session = await SessionAsync(started);
        byte[][] events =
        [
            PretendEvents.Completed(session, fixture.Clock.Now),
            PretendEvents.Expired(await SessionAsync(declined), fixture.Clock.Now),
            PretendEvents.Expired(session, fixture.Clock.Now),
            Unknown($"evt_{Guid.NewGuid():n}"),
        ];

        foreach (var at in order)
        {
            await DeliverAsync(events[at]);
            await DeliverAsync(events[at]);
            await WorkAsync(fixture.Services);
            await DeliverAsync(events[order[0]]);
        }

        await WorkAsync(fixture.Services);
        Assert.Equal("Provisioning, told 1, Active | Paid Replaced", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task Refunded_before_it_was_known_to_be_paid_buys_nothing()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);
        await fixture.PayAsync(customer, started);
        await fixture.Provider.RefundAsync(BillingFixture.Session(started), started.IntentId, CancellationToken.None);
        var session = await SessionAsync(started);

        await DeliverAsync(PretendEvents.Refunded(session, fixture.Clock.Now));
        await DeliverAsync(PretendEvents.Completed(session, fixture.Clock.Now));
        await WorkAsync(fixture.Services);

        Assert.Equal("Draft, told 0,  | Refunded", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task Two_nodes_work_one_inbox_and_process_each_payment_once()
    {
        var other = fixture.NewNode();
        var customers = new List<Customer>();
        var deliveries = new List<byte[]>();
        for (var i = 0; i < 8; i++)
        {
            var customer = await fixture.AddCustomerAsync();
            var started = await fixture.BeginAsync(customer);
            await fixture.PayAsync(customer, started);
            customers.Add(customer);
            deliveries.Add(PretendEvents.Completed(await SessionAsync(started), fixture.Clock.Now));
        }

        await Task.WhenAll(deliveries.SelectMany(body => new[] { DeliverAsync(body), DeliverAsync(body, other), DeliverAsync(body) }));
        await Task.WhenAll(WorkAsync(fixture.Services), WorkAsync(other), WorkAsync(fixture.Services), WorkAsync(other));

        foreach (var customer in customers)
        {
            Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
        }
    }

    [Fact]
    public async Task Killed_between_storing_and_processing_another_node_goes_on()
    {
        var (customer, body) = await PaidAsync();
        await DeliverAsync(body);

        // The first node claims the row and is never heard of again.
        var dead = await new DueQueue(fixture.Get<NpgsqlDataSource>(), StripeInboxEvent.Table).ClaimAsync(100, fixture.Clock.Now, TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.NotEmpty(dead);
        var survivor = fixture.NewNode();
        await WorkAsync(survivor);
        Assert.Equal("Draft, told 0,  | Open", await fixture.StoryAsync(customer));

        fixture.Clock.Advance(TimeSpan.FromSeconds(31));
        await WorkAsync(survivor);

        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task While_the_payment_provider_is_away_events_wait()
    {
        var (customer, body) = await PaidAsync();
        await DeliverAsync(body);
        fixture.Line.Away = true;
        await WorkAsync(fixture.Services);
        fixture.Line.Away = false;
        Assert.Equal((StripeInboxOutcome.Waiting, 1), await OutcomeAsync(body));

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await WorkAsync(fixture.Services);

        Assert.Equal((StripeInboxOutcome.Done, 1), await OutcomeAsync(body));
        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
    }

    [Fact]
    public async Task An_event_that_overtakes_the_checkouts_own_answer_is_believed()
    {
        var customer = await fixture.AddCustomerAsync();
        fixture.Line.LosesAnswers = true;
        await fixture.Checkouts.BeginAsync(customer.AccountId, new CheckoutRequest(customer.InstanceId, "cloud", BillingInterval.Month), CancellationToken.None);
        fixture.Line.LosesAnswers = false;
        await using var db = fixture.NewContext();
        var session = await db.Set<PretendCheckout>().SingleAsync(row => row.AccountId == customer.AccountId);
        await fixture.Provider.PayAsync(customer.AccountId, session.Id, CancellationToken.None);

        await DeliverAsync(PretendEvents.Completed(session, fixture.Clock.Now));
        await WorkAsync(fixture.Services);

        Assert.Equal("Provisioning, told 1, Active | Paid", await fixture.StoryAsync(customer));
        Assert.Equal(session.Id, (await fixture.IntentsAsync(customer))[0].Reference);
    }

    [Fact]
    public async Task An_unknown_type_and_a_strangers_checkout_are_kept_and_ignored()
    {
        var stranger = Encoding.UTF8.GetBytes($$"""{"id":"evt_{{Guid.NewGuid():n}}","type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"cs_foreign","client_reference_id":"somebody else's"} } }""");
        var unknown = Unknown($"evt_{Guid.NewGuid():n}");

        Assert.Null(await DeliverAsync(stranger));
        Assert.Null(await DeliverAsync(unknown));
        await WorkAsync(fixture.Services);

        Assert.Equal((StripeInboxOutcome.Ignored, 0), await OutcomeAsync(stranger));
        Assert.Equal((StripeInboxOutcome.Ignored, 0), await OutcomeAsync(unknown));
    }

    [Fact]
    public async Task A_forged_or_stale_delivery_is_refused_and_leaves_nothing()
    {
        var (customer, body) = await PaidAsync();
        var inbox = fixture.Get<StripeInbox>();
        var secret = fixture.Get<StripeWebhookSecrets>().All[0];
        var forged = body.ToArray();
        forged[^3] ^= 1;

        Assert.Equal(BillingRefusals.BadSignature, await inbox.TakeAsync(StripeSignature.Sign(body, "whsec_guessed", fixture.Clock.Now), body, CancellationToken.None));
        Assert.Equal(BillingRefusals.BadSignature, await inbox.TakeAsync(StripeSignature.Sign(body, secret, fixture.Clock.Now), forged, CancellationToken.None));
        Assert.Equal(BillingRefusals.BadSignature, await inbox.TakeAsync(StripeSignature.Sign(body, secret, fixture.Clock.Now.AddSeconds(-301)), body, CancellationToken.None));
        Assert.Equal(BillingRefusals.BadSignature, await inbox.TakeAsync(null, body, CancellationToken.None));
        await WorkAsync(fixture.Services);

        Assert.Equal("Draft, told 0,  | Open", await fixture.StoryAsync(customer));
        await using var db = fixture.NewContext();
        Assert.False(await db.Set<StripeInboxEvent>().AnyAsync(row => row.EventId == StripeEvent.Read(body)!.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("""{"id":1,"type":"a"}""")]
    [InlineData("""{"id":"","type":"a"}""")]
    [InlineData("""{"id":"evt_\u0000","type":"a"}""")]
    [InlineData("""{"id":"evt_1"}""")]
    [InlineData("""{"id":"evt_\ud800","type":"a"}""")]
    [InlineData("""{"id":"evt_1","type":"a","data":{"object":{"client_reference_id":"\ud800"}}}""")]
    public async Task A_signed_body_that_is_no_event_is_refused(string body) =>
        Assert.Equal(BillingRefusals.BadEvent, await DeliverAsync(Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("""{"id":"a","type":"b","data":null}""")]
    [InlineData("""{"id":"a","type":"b","data":{"object":[]}}""")]
    [InlineData("""{"id":"a","type":"b","data":{"object":{"metadata":"text","client_reference_id":7,"object":true}}}""")]
    public void Strange_shapes_inside_an_event_name_no_checkout(string json)
    {
        var message = StripeEvent.Read(Encoding.UTF8.GetBytes(json))!;

        Assert.Equal((null, null), (message.Session, message.IntentId));
    }

    [Fact]
    public async Task Bodies_are_sealed_at_rest()
    {
        var (_, body) = await PaidAsync();
        await DeliverAsync(body);

        await using var db = fixture.NewContext();
        var id = StripeEvent.Read(body)!.Id;
        var stored = await db.Set<StripeInboxEvent>().Where(row => row.EventId == id).Select(row => row.Body).SingleAsync();
        Assert.DoesNotContain("checkout.session", Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        await WorkAsync(fixture.Services);
    }

    private async Task<(Customer Customer, byte[] Body)> PaidAsync()
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer);
        await fixture.PayAsync(customer, started);
        return (customer, PretendEvents.Completed(await SessionAsync(started), fixture.Clock.Now));
    }

    private Task<Spoq.Core.Refusal?> DeliverAsync(byte[] body, IServiceProvider? node = null)
    {
        var services = node ?? fixture.Services;
        var signature = StripeSignature.Sign(body, services.GetRequiredService<StripeWebhookSecrets>().All[0], fixture.Clock.Now);
        return services.GetRequiredService<StripeInbox>().TakeAsync(signature, body, CancellationToken.None);
    }

    private static async Task WorkAsync(IServiceProvider node)
    {
        while (await node.GetRequiredService<StripeInboxWorker>().RunOnceAsync(CancellationToken.None) > 0)
        {
        }
    }

    private async Task<PretendCheckout> SessionAsync(CheckoutStarted started)
    {
        await using var db = fixture.NewContext();
        return await db.Set<PretendCheckout>().AsNoTracking().SingleAsync(session => session.IntentId == started.IntentId);
    }

    private async Task<(StripeInboxOutcome Outcome, int Attempts)> OutcomeAsync(byte[] body)
    {
        await using var db = fixture.NewContext();
        var id = StripeEvent.Read(body)!.Id;
        var row = await db.Set<StripeInboxEvent>().AsNoTracking().SingleAsync(row => row.EventId == id);
        return (row.Outcome, row.Attempts);
    }

    private static byte[] Unknown(string id) => Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","object":"event","type":"invoice.upcoming","data":{"object":{"object":"invoice"} } }""");

    private static IEnumerable<int[]> Orderings(int[] items) => items.Length == 0
        ? [[]]
        : items.SelectMany(first => Orderings([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));
}
