using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

/// <summary>
/// Compares checkouts with the payment provider at growing intervals, so that a lost webhook heals by itself, and
/// sends back what is owed until it has arrived.
/// </summary>
internal sealed class CheckoutWorker(
    DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, IPayments payments, CheckoutSettlement settlement) : DueWorker(services, CheckoutIntentTable.Name)
{
    private readonly ILogger _logger = services.Logger;

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        var intent = await LoadAsync(claim.Id, cancellationToken);
        CheckoutFacts? facts = null;
        TimeSpan? waitFor = null;
        try
        {
            facts = intent.Reference is { } reference ? await AskAsync(intent, reference, cancellationToken) : null;
        }
        catch (PaymentsException no)
        {
            waitFor = no.WaitFor;
            _logger.LogWarning("Checkout {Id} ({State}) waits for the payment provider: {Reason}", intent.Id, intent.State, no.Message);
        }

        await settlement.FinishVisitAsync(claim, facts, waitFor, cancellationToken);
    }

    private async Task<CheckoutFacts?> AskAsync(CheckoutIntent intent, string reference, CancellationToken cancellationToken) => intent.State switch
    {
        CheckoutState.RefundDue => await payments.RefundAsync(reference, intent.Id, cancellationToken) ? new CheckoutFacts(reference, CheckoutStanding.Paid, Refunded: true) : null,
        CheckoutState.Replaced => await payments.ExpireCheckoutAsync(reference, cancellationToken),

        // A checkout that the payment provider has never heard of cannot have been paid.
        _ => await payments.FindCheckoutAsync(reference, cancellationToken) ?? new CheckoutFacts(reference, CheckoutStanding.Expired),
    };

    private async Task<CheckoutIntent> LoadAsync(Guid intentId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<CheckoutIntent>().AsNoTracking().SingleAsync(intent => intent.Id == intentId, cancellationToken);
    }
}
