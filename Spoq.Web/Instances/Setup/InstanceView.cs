using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Web.Instances.Setup;

public enum StepLook
{
    Todo,
    Current,
    Waiting,
    Failed,
    Done,
}

/// <summary>One step as it is shown.</summary>
public sealed record StepLine(Step Step, StepLook Look, DateTimeOffset? StartedAt, DateTimeOffset? DoneAt);

/// <summary>An instance on its road, as the wizard shows it; small enough to travel from the prerendered page to its circuit.</summary>
public sealed record InstanceView(
    Guid Id,
    InstanceState State,
    DateTimeOffset StateSince,
    string Hostname,
    string Username,
    string? HostKeyFingerprint,
    string? WaitingFor,
    string? ErrorMessage,
    int Attempts,
    DateTimeOffset? DueAt,
    DateTimeOffset? PaidAt,
    bool IsOwnServer,
    IReadOnlyList<StepLine> Steps)
{
    public int StepsDone => Steps.Count(line => line.Look == StepLook.Done);

    /// <param name="instance">What is now.</param>
    /// <param name="events">Its whole story, oldest first.</param>
    public static InstanceView Of(Instance instance, IReadOnlyList<InstanceEvent> events)
    {
        var road = instance.Road is Road.Cancel ? Road.Cancel : Road.Create;
        return new InstanceView(
            instance.Id,
            instance.State,
            instance.StateSince,
            instance.Hostname,
            instance.Username,
            instance.HostKeyFingerprint,
            instance.WaitingFor,
            instance.ErrorMessage,
            instance.Attempts,
            instance.DueAt,
            instance.PaidAt,
            instance.IsOwnServer,
            [.. road.Steps().Select(step => Line(instance, road, step, events))]);
    }

    private static StepLine Line(Instance instance, Road road, Step step, IReadOnlyList<InstanceEvent> events)
    {
        var steps = road.Steps();
        var at = instance is { Road: { } now, Step: { } current } && now == road ? steps.ToList().IndexOf(current) : -1;
        var isOver = instance.Road is null && instance.State is not (InstanceState.Draft or InstanceState.Cancelled or InstanceState.Deleted);
        var index = steps.ToList().IndexOf(step);
        var name = Enum.GetName(step);
        var mine = events.Where(line => string.Equals(line.Step?.Replace("_", "", StringComparison.Ordinal), name, StringComparison.OrdinalIgnoreCase)).ToList();
        var look = index < at || isOver ? StepLook.Done
            : index > at || at < 0 ? StepLook.Todo
            : instance.State == InstanceState.Failed ? StepLook.Failed
            : instance.WaitingFor is not null ? StepLook.Waiting
            : StepLook.Current;
        return new StepLine(
            step,
            look,
            mine.Count > 0 ? mine[0].At : look == StepLook.Todo ? null : index == at ? instance.StepStartedAt : null,
            look == StepLook.Done ? mine.LastOrDefault()?.At : null);
    }
}
