using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>Takes webhooks in: signature, one row for each event, answered once it is committed. The work comes after.</summary>
public sealed class StripeInbox(IDbContextFactory<SpoqDbContext> contexts, StripeWebhookSecrets secrets, SecretBox box, TimeProvider clock)
{
    /// <summary>Stripe's largest events are a few hundred kilobytes.</summary>
    public const int LargestBody = 1024 * 1024;

    internal const string Purpose = "stripe_inbox.body";

    /// <summary>Null: it is committed, now or by an earlier delivery.</summary>
    public async Task<Refusal?> TakeAsync(string? signature, byte[] body, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (!StripeSignature.IsValid(signature, body, secrets.All, now))
        {
            return BillingRefusals.BadSignature;
        }

        if (StripeEvent.Read(body) is not { } message)
        {
            return BillingRefusals.BadEvent;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            with stored as (
                insert into stripe_inbox (id, event_id, type, body, received_at, outcome, due_at, lease_token, attempts)
                values ({Guid.CreateVersion7()}, {message.Id}, {message.Type}, {box.Seal(body, Purpose)}, {now.ToUniversalTime()}, 'waiting', {now.ToUniversalTime()}, 0, 0)
                on conflict (event_id) do nothing returning 1)
            select pg_notify({DueWorker.WakeChannel(StripeInboxEvent.Table)}, '') from stored
            """,
            cancellationToken);
        return null;
    }
}
