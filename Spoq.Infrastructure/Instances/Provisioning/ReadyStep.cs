using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>The last step of every road to a running computer: nothing is left to do but to tidy up and say so.</summary>
internal sealed class ReadyStep(ServerProviders providers) : IProvisioningStep
{
    public Step Step => Step.Ready;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (instance is { Road: Road.Create or Road.Move, ServerReference: { } reference })
        {
            try
            {
                await providers.Named(instance.Provider).SettleAsync(reference, cancellationToken);
            }
            catch (ProviderException)
            {
                // Nobody waits for that: the token in it is spent, and the end of the server removes it.
            }
        }

        return Outcomes.Done;
    }
}
