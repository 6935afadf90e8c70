using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;

namespace Spoq.Tests.Billing;

public sealed class BillingMailTests(BillingFixture fixture) : IClassFixture<BillingFixture>
{
    [Fact]
    public async Task Twenty_webhooks_at_once_and_again_send_one_receipt()
    {
        var (customer, started) = await PaidAsync();
        var nodes = new[] { fixture.Services, fixture.NewNode() };
        await using var db = fixture.NewContext();
        var session = await db.Set<PretendCheckout>().AsNoTracking().SingleAsync(row => row.IntentId == started.IntentId);

        for (var round = 0; round < 2; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async at =>
            {
                // Half are the same event delivered again, half are new events about the same payment.
                var completed = PretendEvents.Completed(session, fixture.Clock.Now);
                await DeliverAsync(nodes[at % 2], at < 10 ? completed : Renamed(completed, $"evt_{Guid.NewGuid():n}"));
                await nodes[at % 2].GetRequiredService<StripeInboxWorker>().RunOnceAsync(CancellationToken.None);
            }));
            fixture.Clock.Advance(TimeSpan.FromSeconds(15));
            await fixture.SweepAsync();
        }

        var mail = Assert.Single(await fixture.MailsToAsync(customer.AccountId));
        var hostname = await HostnameAsync(customer);
        Assert.Equal($"Your receipt: $15 for {hostname}", mail.Subject);
        AssertSays(mail, "Paid: $15 on ", "Plan: Cloud, paid by the month", $"Address: {hostname}", "\n\nhttp://localhost:5080/setup\n");
        Assert.Contains("<a href=\"http://localhost:5080/setup\">", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_settlement_twenty_times_at_once_sends_one_receipt()
    {
        var (customer, started) = await PaidAsync();
        var facts = (await fixture.Provider.FindCheckoutAsync(BillingFixture.Session(started), CancellationToken.None))!;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => fixture.Get<CheckoutSettlement>().TakeAsync(started.IntentId, facts, CancellationToken.None)));

        Assert.Single(await fixture.MailsToAsync(customer.AccountId));
    }

    [Fact]
    public async Task A_receipt_names_what_was_taken_and_not_the_list_price()
    {
        var (customer, started) = await PaidAsync(BillingInterval.Year);
        var facts = new CheckoutFacts(BillingFixture.Session(started), CheckoutStanding.Paid, Total: new Money(12345, "usd"));

        await fixture.Get<CheckoutSettlement>().TakeAsync(started.IntentId, facts, CancellationToken.None);

        AssertSays(Assert.Single(await fixture.MailsToAsync(customer.AccountId)), "Paid: $123.45 on ", "paid by the year");
    }

    [Fact]
    public async Task A_refund_asked_for_ten_times_sends_one_mail()
    {
        var (customer, _) = await PaidAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        await fixture.SweepAsync();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => fixture.Checkouts.RefundAsync(customer.InstanceId, CancellationToken.None)));
        fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        await fixture.SweepAsync();

        var mails = await fixture.MailsToAsync(customer.AccountId);
        var hostname = await HostnameAsync(customer);
        Assert.Equal([$"Your receipt: $15 for {hostname}", $"Your refund: $15 for {hostname}"], mails.Select(mail => mail.Subject));
        AssertSays(mails[1], "$15 is on its way back to you. You cancelled, or we could not build your computer.", "Plan: Cloud\n", "\n\nhttp://localhost:5080/dashboard");
    }

    [Fact]
    public async Task A_payment_that_bought_nothing_sends_a_refund_mail_and_no_receipt()
    {
        var (customer, _) = await PaidAsync();
        await fixture.ChooseAsync(customer, "vps-1");
        await fixture.BeginAsync(customer, "vps-1");

        await fixture.SweepAsync();

        var mail = Assert.Single(await fixture.MailsToAsync(customer.AccountId));
        AssertSays(mail, "Another plan was chosen before the payment arrived.", "Plan: Cloud\n", "\n\nhttp://localhost:5080/setup");
    }

    private async Task<(Customer Customer, CheckoutStarted Started)> PaidAsync(BillingInterval interval = BillingInterval.Month)
    {
        var customer = await fixture.AddCustomerAsync();
        var started = await fixture.BeginAsync(customer, interval: interval);
        await fixture.PayAsync(customer, started);
        return (customer, started);
    }

    private static byte[] Renamed(byte[] body, string id)
    {
        var message = JsonNode.Parse(body)!;
        message["id"] = id;
        return Encoding.UTF8.GetBytes(message.ToJsonString());
    }

    private async Task DeliverAsync(IServiceProvider node, byte[] body)
    {
        var signature = StripeSignature.Sign(body, node.GetRequiredService<StripeWebhookSecrets>().All[0], fixture.Clock.Now);
        Assert.Null(await node.GetRequiredService<StripeInbox>().TakeAsync(signature, body, CancellationToken.None));
    }

    private async Task<string> HostnameAsync(Customer customer)
    {
        await using var db = fixture.NewContext();
        return await db.Instances.Where(row => row.Id == customer.InstanceId).Select(row => row.Hostname).SingleAsync();
    }

    private static void AssertSays(Mail mail, params string[] parts) => Assert.All(parts, part => Assert.Contains(part, mail.Text, StringComparison.Ordinal));
}
