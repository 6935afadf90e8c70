using Spoq.Core.Instances.Providers;

namespace Spoq.Core.Instances.Provisioning;

/// <summary>How one visit to a step ended.</summary>
public abstract record StepOutcome
{
    /// <summary>What the visit learned of the server; kept whatever becomes of the step.</summary>
    public Server? Server { get; init; }

    public sealed record Done : StepOutcome;

    /// <summary>Somebody else must act first; costs no attempt.</summary>
    /// <param name="Wait">Until the next look.</param>
    /// <param name="Reason">What is being waited for, as a sentence.</param>
    public sealed record NotYet(TimeSpan Wait, string Reason) : StepOutcome
    {
        /// <summary>It stands in line, and that time does not count: the step has not begun to be late.</summary>
        public bool IsInLine { get; init; }
    }

    /// <summary>It may work next time.</summary>
    public sealed record Failed(string Code, string Message) : StepOutcome;

    /// <summary>Trying again cannot help.</summary>
    public sealed record FailedForGood(string Code, string Message) : StepOutcome;
}
