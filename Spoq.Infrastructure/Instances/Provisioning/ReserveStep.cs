using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Setup;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Nothing is bought before the payment is seen once more and the address belongs to the instance.</summary>
internal sealed class ReserveStep(IDbContextFactory<SpoqDbContext> contexts, AddressClaims addresses) : IProvisioningStep
{
    private static readonly TimeSpan s_paymentWait = TimeSpan.FromSeconds(5);

    public Step Step => Step.Reserve;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await CheckoutService.IsPaidAsync(db, instance.Id, cancellationToken))
        {
            return new StepOutcome.NotYet(s_paymentWait, "Waiting for the payment to be confirmed.");
        }

        if (await addresses.LockInAsync(db, instance, cancellationToken) is { } no)
        {
            return new StepOutcome.FailedForGood(no.Code, no.Message);
        }

        await transaction.CommitAsync(cancellationToken);
        return Outcomes.Done;
    }
}
