using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Compares instances at rest with what their provider says: cheap, and only a difference is worth a word.</summary>
internal sealed class InstanceObserver(ServerProviders providers, ServerLedger ledger)
{
    /// <returns>What to write down, once the row is locked.</returns>
    public async Task<Action<SpoqDbContext, Instance, DateTimeOffset>> LookAsync(Instance instance, CancellationToken cancellationToken)
    {
        try
        {
            return instance switch
            {
                { State: InstanceState.Running } => await LookAtRunningAsync(instance, cancellationToken),
                { IsFinal: true } => await LookForLeftoversAsync(instance, cancellationToken),
                _ => (_, row, _) => row.LookAgain(null),
            };
        }
        catch (Exception silent) when (silent is ProviderException or OperationCanceledException)
        {
            // Not knowing is no reason to act.
            return StayAndLookAgain;
        }
    }

    private async Task<Action<SpoqDbContext, Instance, DateTimeOffset>> LookAtRunningAsync(Instance instance, CancellationToken cancellationToken)
    {
        var server = await providers.Named(instance.Provider).GetAsync(instance.ServerReference!, cancellationToken);
        if (server is null or { Power: ServerPower.Stopped })
        {
            return (db, row, now) =>
            {
                row.Recover(now);
                db.Tell(row, now, "went_down", "Your computer was found switched off. Starting it again.");
            };
        }

        return (db, row, now) =>
        {
            row.Learn(server);
            StayAndLookAgain(db, row, now);
        };
    }

    /// <summary>A provider that answers late may have made a server after its instance was closed.</summary>
    private async Task<Action<SpoqDbContext, Instance, DateTimeOffset>> LookForLeftoversAsync(Instance instance, CancellationToken cancellationToken)
    {
        var provider = providers.Named(instance.Provider);
        var isClean = true;
        foreach (var mark in await ledger.MarksAsync(instance, cancellationToken))
        {
            if (await provider.FindAsync(mark, cancellationToken) is not { } server)
            {
                continue;
            }

            isClean = false;
            var end = await provider.EndAsync(server.Reference, cancellationToken);
            if (end is ServerEnd.Ending)
            {
                return StayAndLookAgain;
            }

            await ledger.RemoveAsync(instance, mark, end is ServerEnd.Kept { PaidUntil: var paidUntil } ? (server.Reference, paidUntil) : null, cancellationToken);
        }

        if (isClean)
        {
            return (_, row, _) => row.LookAgain(null);
        }

        return (db, row, now) =>
        {
            row.LookAgain(now + ProvisioningPlan.LastLook);
            db.Tell(row, now, "leftover_removed", "A computer that appeared late at the provider was removed.");
        };
    }

    private static void StayAndLookAgain(SpoqDbContext db, Instance instance, DateTimeOffset now) =>
        instance.LookAgain(now + ProvisioningPlan.LookAgain(Random.Shared.NextDouble()));
}
