using Spoq.Core.Ops;

namespace Spoq.Core.Instances.Provisioning;

/// <summary>Decides what follows from a visit: onward, again and when, or no more.</summary>
public static class ProvisioningPlan
{
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    /// <summary>A removal is never given up: past its limits it is tried this often, and the failure stays in sight.</summary>
    public static readonly TimeSpan StubbornRetry = TimeSpan.FromMinutes(5);

    /// <summary>A paid instance that failed for good waits this long for its owner's choice, then is undone and refunded.</summary>
    public static readonly TimeSpan ChoiceTime = TimeSpan.FromMinutes(30);

    /// <summary>An instance that was ready once and then failed is tried again by itself this often.</summary>
    public static readonly TimeSpan SelfRepair = TimeSpan.FromMinutes(10);

    /// <summary>A closed instance is looked at once more, for a server that came to be after we had removed it.</summary>
    public static readonly TimeSpan LastLook = TimeSpan.FromMinutes(10);

    /// <summary>Nobody looked for longer than this: the control plane was away, and the step is not to blame.</summary>
    private static readonly TimeSpan s_overdue = TimeSpan.FromMinutes(1);

    /// <param name="jitter">0 to 1: spreads the retries of many instances.</param>
    public static Move After(Visit visit, StepOutcome outcome, DateTimeOffset now, double jitter)
    {
        var late = now - visit.DueAt;
        var deadline = late > s_overdue ? visit.Deadline + late : visit.Deadline;
        return outcome switch
        {
            StepOutcome.Done => Onward(visit, now),
            StepOutcome.FailedForGood no => NoMore(visit, no.Code, no.Message, now, deadline),
            StepOutcome.Failed no when visit.Attempts + 1 >= StepLimits.Of(visit.Step).Attempts => NoMore(visit, no.Code, no.Message, now, deadline),
            StepOutcome.Failed no when now >= deadline => NoMore(visit, no.Code, no.Message, now, deadline),
            StepOutcome.Failed no => Again(visit, no, Earlier(now + Backoff.After(visit.Attempts + 1, FirstRetry, LongestRetry, jitter), deadline), deadline),
            StepOutcome.NotYet { IsInLine: true } line => new Move(MoveKind.Wait, visit.Step, visit.Attempts, now + line.Wait, deadline + line.Wait) { Reason = line.Reason },
            StepOutcome.NotYet yet when now >= deadline => NoMore(visit, "deadline", $"{yet.Reason} It took longer than it may.", now, deadline),
            StepOutcome.NotYet yet => new Move(MoveKind.Wait, visit.Step, visit.Attempts, Earlier(now + yet.Wait, deadline), deadline) { Reason = yet.Reason },
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        };
    }

    public static DateTimeOffset DeadlineOf(Step step, DateTimeOffset now) => now + StepLimits.Of(step).Deadline;

    /// <summary>Running instances are looked at every 15 to 60 s.</summary>
    public static TimeSpan LookAgain(double jitter) => TimeSpan.FromSeconds(15 + (45 * jitter));

    private static Move Onward(Visit visit, DateTimeOffset now) => visit.Road.After(visit.Step) is { } next
        ? new Move(MoveKind.Advance, next, 0, now, DeadlineOf(next, now))
        : new Move(MoveKind.Arrive, visit.Step, 0, now, now);

    private static Move Again(Visit visit, StepOutcome.Failed no, DateTimeOffset due, DateTimeOffset deadline) =>
        new(MoveKind.TryAgain, visit.Step, visit.Attempts + 1, due, deadline) { ErrorCode = no.Code, ErrorMessage = no.Message };

    private static Move NoMore(Visit visit, string code, string message, DateTimeOffset now, DateTimeOffset deadline) =>
        visit.Road is Road.Delete or Road.Cancel || visit.Step == Step.EndOther
            ? new Move(MoveKind.TryAgain, visit.Step, visit.Attempts + 1, now + StubbornRetry, deadline) { ErrorCode = code, ErrorMessage = message }
            : new Move(MoveKind.GiveUp, visit.Step, visit.Attempts + 1, now, deadline) { ErrorCode = code, ErrorMessage = message };

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
