using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

/// <summary>Goes on with payments that nobody saw through: asked and not answered, or to be sent back.</summary>
internal sealed class SubscriptionPaymentWorker(DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, SubscriptionResume resume)
    : DueWorker(services, SubscriptionPaymentTable.Name)
{
    private readonly ILogger _logger = services.Logger;

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            await resume.SettleAsync(claim.Id, claim, cancellationToken);
        }
        catch (PaymentsException no)
        {
            _logger.LogWarning("Payment {Id} waits for the payment provider: {Reason}", claim.Id, no.Message);
            await PostponeAsync(claim, no.WaitFor);
        }
    }

    private async Task PostponeAsync(Claim claim, TimeSpan? waitFor)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var payment = await db.Set<SubscriptionPayment>()
            .FromSql($"select *, xmin from subscription_payments where id = {claim.Id} and lease_token = {claim.LeaseToken} for update").SingleOrDefaultAsync(CancellationToken.None);
        payment?.Looked(waitFor, Clock.GetUtcNow());
        await db.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }
}
