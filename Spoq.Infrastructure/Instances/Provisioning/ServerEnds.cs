using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Ends the server that carries a mark, as far as one visit gets.</summary>
internal sealed class ServerEnds(ServerProviders providers, ServerLedger ledger, WarmPool pool, TimeProvider clock)
{
    /// <summary>Null: the provider knows none any more, and the books say so.</summary>
    public async Task<StepOutcome?> EndAsync(Instance instance, Guid mark, CancellationToken cancellationToken)
    {
        var provider = providers.Named(instance.Provider);
        var line = await ledger.LineAsync(mark, cancellationToken);
        (string, DateTimeOffset?)? kept = null;

        // One that ended, and whose end was not written down, is not found any more: our books still name it.
        if (((await provider.FindAsync(mark, cancellationToken))?.Reference ?? line?.Reference) is { } reference)
        {
            var end = provider is IReusableServers rentals && await pool.WantsAsync(instance, line?.Plan ?? instance.Plan, cancellationToken)
                ? await rentals.KeepAsync(reference, cancellationToken)
                : await provider.EndAsync(reference, cancellationToken);
            if (end is ServerEnd.Ending ending)
            {
                return Outcomes.NotYet(instance, clock.GetUtcNow(), ending.Reason);
            }

            kept = end is ServerEnd.Kept { PaidUntil: var paidUntil } ? (reference, paidUntil) : null;
            if (await provider.FindAsync(mark, cancellationToken) is not null)
            {
                return Outcomes.NotYet(instance, clock.GetUtcNow(), "The provider is removing the computer.");
            }
        }

        await ledger.RemoveAsync(instance, mark, kept, cancellationToken);
        return null;
    }
}
