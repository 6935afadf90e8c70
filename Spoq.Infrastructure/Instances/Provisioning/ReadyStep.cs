using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>The last step of every road to a running computer: nothing is left to do but to say so.</summary>
internal sealed class ReadyStep : IProvisioningStep
{
    public Step Step => Step.Ready;

    public Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken) => Task.FromResult(Outcomes.Done);
}
