using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Billing;

/// <summary>Tells whether an instance is paid, by asking the payment provider: what a browser or a program claims counts for nothing.</summary>
public sealed class CheckoutConfirmation(IDbContextFactory<SpoqDbContext> contexts, IPayments payments, CheckoutService checkouts, CheckoutSettlement settlement)
{
    public async Task<Result<CheckoutIntent>> ReadAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        if (!await IsOwnAsync(accountId, instanceId, cancellationToken))
        {
            return BillingRefusals.InstanceNotFound;
        }

        if (await checkouts.FindForInstanceAsync(accountId, instanceId, cancellationToken) is not { } intent)
        {
            return BillingRefusals.NoCheckout;
        }

        if (intent is { State: CheckoutState.Open, Reference: { } reference } && await AskAsync(reference, cancellationToken) is { } facts)
        {
            await settlement.TakeAsync(intent.Id, facts, cancellationToken);
            return (await checkouts.FindForInstanceAsync(accountId, instanceId, cancellationToken))!;
        }

        return intent;
    }

    private async Task<CheckoutFacts?> AskAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            return await payments.FindCheckoutAsync(reference, cancellationToken);
        }
        catch (PaymentsException)
        {
            // The webhook or the sweep brings it in; until then it is as we know it.
            return null;
        }
    }

    private async Task<bool> IsOwnAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AnyAsync(instance => instance.Id == instanceId && instance.AccountId == accountId, cancellationToken);
    }
}
