using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Done when the provider says that the server runs and where. One that went off again is switched on again.</summary>
internal sealed class AwaitServerStep(ServerProviders providers, TimeProvider clock) : IProvisioningStep
{
    /// <summary>Who comes wakes the worker: looking is the safety net.</summary>
    private static readonly TimeSpan s_ownersTime = TimeSpan.FromMinutes(5);

    public Step Step => Step.AwaitServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        var provider = providers.Named(instance.Provider);
        var server = await provider.GetAsync(instance.ServerReference!, cancellationToken);
        switch (server)
        {
            case null:
                return new StepOutcome.Failed("server_missing", "The provider does not list the computer at the moment.");
            case { Trouble: { } trouble }:
                return new StepOutcome.FailedForGood("needs_person", trouble);
            case { OwnerMust: { } wish }:
                return new StepOutcome.NotYet(s_ownersTime, wish) { IsInLine = true };
            case { Power: ServerPower.Running } when server.Endpoint is not null || (server.IsReachedByName && server.PublicAddress is not null):
                return new StepOutcome.Done { Server = server };
            case { Power: ServerPower.Stopped }:
                await provider.StartAsync(server.Reference, cancellationToken);
                return new StepOutcome.Failed("server_off", "The computer went off while it was starting.");
            default:
                return Outcomes.NotYet(instance, clock.GetUtcNow(), "The computer is starting.");
        }
    }
}
