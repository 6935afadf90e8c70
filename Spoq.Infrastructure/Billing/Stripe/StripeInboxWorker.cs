using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>
/// Works off the inbox. An event is only a reason to ask: what is done follows from the payment provider's facts, so
/// order and repetition of events do not matter.
/// </summary>
internal sealed class StripeInboxWorker(
    DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, SecretBox box, IPayments payments, CheckoutSettlement settlement)
    : DueWorker(services, StripeInboxEvent.Table)
{
    private readonly ILogger _logger = services.Logger;

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            await HandleAsync(claim, cancellationToken);
        }
        catch (PaymentsException no)
        {
            _logger.LogWarning("Webhook {Id} waits for the payment provider: {Reason}", claim.Id, no.Message);
            await PostponeAsync(claim, no, cancellationToken);
        }
    }

    private async Task HandleAsync(Claim claim, CancellationToken cancellationToken)
    {
        var message = await ReadAsync(claim.Id, cancellationToken);
        var intent = message is { IsAboutCheckout: true } ? await FindIntentAsync(message, cancellationToken) : null;

        // Their answer with the reference may still be on its way to us; the event is signed and names it too.
        var facts = (intent?.Reference ?? message?.Session) is { } reference && intent is not null ? await payments.FindCheckoutAsync(reference, cancellationToken) : null;

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, claim, cancellationToken) is not { } row)
        {
            return;
        }

        if (facts is not null)
        {
            await settlement.TakeAsync(db, intent!.Id, facts, cancellationToken);
        }

        row.Close(message is null ? StripeInboxOutcome.Unreadable : facts is null ? StripeInboxOutcome.Ignored : StripeInboxOutcome.Done, Clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<StripeEvent?> ReadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var body = await db.Set<StripeInboxEvent>().Where(row => row.Id == id).Select(row => row.Body).SingleAsync(cancellationToken);
        return StripeEvent.Read(box.Open(body, StripeInbox.Purpose));
    }

    private async Task<CheckoutIntent?> FindIntentAsync(StripeEvent message, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var intents = db.Set<CheckoutIntent>().AsNoTracking();
        return message.IntentId is { } id
            ? await intents.SingleOrDefaultAsync(row => row.Id == id, cancellationToken)
            : await intents.SingleOrDefaultAsync(row => row.Reference != null && row.Reference == message.Session, cancellationToken);
    }

    private async Task PostponeAsync(Claim claim, PaymentsException no, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, claim, cancellationToken) is { } row)
        {
            var wait = Backoff.After(row.Attempts + 1, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), Random.Shared.NextDouble());
            row.TryAgain(no.Message, Clock.GetUtcNow() + (no.WaitFor > wait ? no.WaitFor.Value : wait));
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Null: the lease has gone to another worker, which does it all again.</summary>
    private static Task<StripeInboxEvent?> LockAsync(SpoqDbContext db, Claim claim, CancellationToken cancellationToken) =>
        db.Set<StripeInboxEvent>()
            .FromSql($"select * from stripe_inbox where id = {claim.Id} and lease_token = {claim.LeaseToken} for update")
            .SingleOrDefaultAsync(cancellationToken);
}
