using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Done when the server has phoned home; that call wakes the worker, so looking is only the safety net.</summary>
internal sealed class InstallConductorStep(ServerProviders providers, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.InstallConductor;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (instance.PhonedHomeAt is not null)
        {
            return Outcomes.Done;
        }

        var provider = providers.Named(instance.Provider);
        var server = await provider.GetAsync(instance.ServerReference!, cancellationToken);
        if (server is { Power: ServerPower.Stopped })
        {
            await provider.StartAsync(server.Reference, cancellationToken);
            return new StepOutcome.Failed("server_off", "The computer went off before the Conductor called home.");
        }

        return Outcomes.NotYet(instance, clock.GetUtcNow(), InstallStage.IsLine(instance.WaitingFor) ? instance.WaitingFor! : "Waiting for the Conductor's call home.");
    }
}
