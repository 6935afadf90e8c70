namespace Spoq.Core.Instances.Provisioning;

public enum StoryMark
{
    Pending,
    Active,

    /// <summary>Somebody else must act first.</summary>
    Waiting,

    /// <summary>It failed and is tried again by itself.</summary>
    Retrying,
    Failed,
    Done,
}

/// <summary>One line of the list a person watches.</summary>
/// <param name="At">When it was done, or since when it has been as it is.</param>
/// <param name="Detail">What is going on, or what is being waited for.</param>
public sealed record StoryStep(Step Step, string Title, StoryMark Mark, DateTimeOffset? At, string? Detail);

/// <summary>
/// What a person sees of an instance: the steps of its road, in order, whoever joins when. A step that was
/// reached stays reached: the list only ever moves forward.
/// </summary>
/// <param name="Headline">The state, as a sentence.</param>
/// <param name="Next">What happens next and by whom.</param>
/// <param name="Percent">0 to 100.</param>
public sealed record Story(string Headline, string Next, int Percent, IReadOnlyList<StoryStep> Steps, bool CanRetry, bool CanCancel)
{
    public static Story Of(Instance instance, IEnumerable<InstanceEvent> events)
    {
        var road = instance.Road ?? Road.Create;
        var steps = road.Steps();
        var reached = instance.Step is { } step ? steps.ToList().IndexOf(step) : instance.ReadyAt is null && !instance.IsFinal ? 0 : steps.Count;
        var done = events.Where(line => line.Kind == Happening.StepDone && line.Step is not null)
            .GroupBy(line => line.Step!)
            .ToDictionary(lines => lines.Key, lines => lines.Max(line => line.At));
        return new Story(
            StateWords.Headline(instance),
            StateWords.Next(instance),
            instance.Road is null && reached == 0 ? 0 : Percentage(reached, steps.Count),
            [.. steps.Select((each, index) => Line(instance, each, index, reached, done))],
            instance.State == InstanceState.Failed,
            instance.ReadyAt is null && (instance.State is InstanceState.Provisioning or InstanceState.Failed));
    }

    private static int Percentage(int reached, int count) => reached >= count ? 100 : reached * 100 / count;

    private static StoryStep Line(Instance instance, Step step, int index, int reached, Dictionary<string, DateTimeOffset> done)
    {
        if (index != reached || instance.Step is null)
        {
            return index < reached
                ? new StoryStep(step, step.Title(instance), StoryMark.Done, done.TryGetValue(step.Key(), out var at) ? at : null, step.Finished(instance))
                : new StoryStep(step, step.Title(instance), StoryMark.Pending, null, null);
        }

        var mark = instance switch
        {
            { State: InstanceState.Failed } => StoryMark.Failed,
            { ErrorMessage: not null } => StoryMark.Retrying,
            { WaitingFor: not null } => StoryMark.Waiting,
            _ => StoryMark.Active,
        };
        return new StoryStep(step, step.Title(instance), mark, instance.StepStartedAt, instance.ErrorMessage ?? instance.WaitingFor ?? step.Doing(instance));
    }
}
