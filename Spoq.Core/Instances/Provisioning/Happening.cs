namespace Spoq.Core.Instances.Provisioning;

/// <summary>A line for the instance's story.</summary>
/// <param name="Kind">Stable, <c>snake_case</c>.</param>
public sealed record Happening(string Kind, string Message, Step? Step)
{
    public const string StepDone = "step_done";
    public const string StepStarted = "step_started";
    public const string StepWaiting = "step_waiting";
    public const string StepFailed = "step_failed";
    public const string StateChanged = "state_changed";
    public const string SizeKept = "size_kept";

    /// <summary>What to write down when an instance takes a move; the instance is as it was before.</summary>
    public static IReadOnlyList<Happening> Of(Instance before, Move move)
    {
        var step = before.Step!.Value;
        return move.Kind switch
        {
            MoveKind.Advance => [new(StepDone, step.Finished(before), step), new(StepStarted, move.Step.Doing(before), move.Step)],
            MoveKind.Arrive => [new(StepDone, step.Finished(before), step)],
            MoveKind.Wait when move.Reason != before.WaitingFor => [new(StepWaiting, move.Reason!, step)],
            MoveKind.Wait => [],

            // A removal is tried for ever; past its limits only another reason is news.
            MoveKind.TryAgain when move.Attempts > StepLimits.Of(step).Attempts && move.ErrorMessage == before.ErrorMessage => [],
            MoveKind.TryAgain => [new(StepFailed, $"{move.ErrorMessage} We try again.", step)],
            _ when before.Road!.Value.Return(step) is not null => [new(StepFailed, move.ErrorMessage!, step), new(SizeKept, "So we go back to the size it had. The price stays as it was.", null)],
            _ => [new(StepFailed, move.ErrorMessage!, step), new(StateChanged, GaveUp(before), null)],
        };
    }

    private static string GaveUp(Instance instance) => instance.ReadyAt is null
        ? "We stopped trying. Retry, or cancel and get your money back; without a choice within 30 minutes we cancel and refund."
        : "We stopped trying for now. Retry, or wait: we try again in 10 minutes.";
}
