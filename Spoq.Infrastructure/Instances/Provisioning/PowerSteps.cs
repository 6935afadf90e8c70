using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

internal sealed class StopServerStep(ServerProviders providers, ServerMoves moves, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.StopServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        // A move that never closed the old server leaves it as it is.
        if (instance.ServerReference is not { } reference || (instance.Road == Road.MoveBack && await moves.OfAsync(instance, cancellationToken) is { FinishAskedAt: null }))
        {
            return Outcomes.Done;
        }

        var provider = providers.Named(instance.Provider);
        await provider.StopAsync(reference, cancellationToken);
        return await provider.GetAsync(reference, cancellationToken) is null or { Power: ServerPower.Stopped }
            ? Outcomes.Done
            : Outcomes.NotYet(instance, clock.GetUtcNow(), "The computer is shutting down.");
    }
}

internal sealed class StartServerStep(ServerProviders providers) : IProvisioningStep
{
    public Step Step => Step.StartServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await providers.Named(instance.Provider).StartAsync(instance.ServerReference!, cancellationToken);
        return Outcomes.Done;
    }
}
