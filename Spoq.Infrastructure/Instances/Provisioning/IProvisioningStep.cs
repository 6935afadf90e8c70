using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>How one step is done. Safe to run twice: it looks for what is there before it makes anything.</summary>
internal interface IProvisioningStep
{
    Step Step { get; }

    /// <param name="instance">As it was when it was claimed; the worker writes the outcome down.</param>
    Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken);
}

/// <summary>Outcomes most steps need.</summary>
internal static class Outcomes
{
    public static readonly StepOutcome Done = new StepOutcome.Done();

    /// <summary>Looks often at first, then ever less: what is usually quick is seen at once, and what hangs costs little.</summary>
    public static StepOutcome NotYet(Instance instance, DateTimeOffset now, string reason)
    {
        var waited = now - (instance.StepStartedAt ?? now);
        var seconds = Math.Clamp(waited.TotalSeconds / 4, 0.25, 15);
        return new StepOutcome.NotYet(TimeSpan.FromSeconds(seconds), reason);
    }
}
