using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Resizing;

/// <summary>To the size that is wanted, whichever it has: the same step leads there and back.</summary>
internal sealed class ResizeServerStep(ServerProviders providers, PlanCatalogue plans) : IProvisioningStep
{
    public Step Step => Step.ResizeServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (plans.Find(instance.NextPlan ?? instance.Plan) is not { } plan)
        {
            return new StepOutcome.FailedForGood("unknown_plan", "This size is not sold any more.");
        }

        await providers.Named(instance.Provider).ResizeAsync(instance.ServerReference!, plan.Size, cancellationToken);
        return Outcomes.Done;
    }
}
