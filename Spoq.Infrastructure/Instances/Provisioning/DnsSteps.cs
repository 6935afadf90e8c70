using Spoq.Core.Instances;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Done when the record reads back as it was written.</summary>
internal sealed class ConfigureDnsStep(ServerProviders providers, IDnsZone zone, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.ConfigureDns;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        var server = await providers.Named(instance.Provider).GetAsync(instance.ServerReference!, cancellationToken);
        if (server?.PublicAddress is not { } address)
        {
            return Outcomes.NotYet(instance, clock.GetUtcNow(), "The provider has not named the computer's network address yet.");
        }

        await zone.UpsertAsync(instance.Hostname, address, cancellationToken);
        return await zone.FindAsync(instance.Hostname, cancellationToken) == address
            ? Outcomes.Done
            : Outcomes.NotYet(instance, clock.GetUtcNow(), "The address record is on its way.");
    }
}

internal sealed class RemoveDnsStep(IDnsZone zone) : IProvisioningStep
{
    public Step Step => Step.RemoveDns;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await zone.RemoveAsync(instance.Hostname, cancellationToken);
        return Outcomes.Done;
    }
}
