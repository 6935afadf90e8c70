using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

internal sealed class StopServerStep(ServerProviders providers, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.StopServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (instance.ServerReference is not { } reference)
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
