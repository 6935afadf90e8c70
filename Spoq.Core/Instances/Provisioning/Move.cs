namespace Spoq.Core.Instances.Provisioning;

/// <summary>One look at a step, as it was claimed.</summary>
/// <param name="DueAt">When the look was due: time nobody looked does not count against the step.</param>
public sealed record Visit(Road Road, Step Step, DateTimeOffset Deadline, int Attempts, DateTimeOffset DueAt);

public enum MoveKind
{
    /// <summary>On to the next step.</summary>
    Advance,

    /// <summary>The same step again, because somebody else must act first.</summary>
    Wait,

    /// <summary>The same step again, because it failed.</summary>
    TryAgain,

    /// <summary>The end of the road.</summary>
    Arrive,

    /// <summary>The step failed for good.</summary>
    GiveUp,
}

/// <summary>What follows from a visit.</summary>
/// <param name="Step">The step the instance is at from now on.</param>
/// <param name="DueAt">When to look again.</param>
/// <param name="Deadline">By when that step must be done.</param>
public sealed record Move(MoveKind Kind, Step Step, int Attempts, DateTimeOffset DueAt, DateTimeOffset Deadline)
{
    /// <summary>What is being waited for, in words.</summary>
    public string? Reason { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }
}
