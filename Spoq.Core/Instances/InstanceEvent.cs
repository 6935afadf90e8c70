namespace Spoq.Core.Instances;

/// <summary>One line of an instance's story, append-only, in the words its owner reads.</summary>
/// <param name="kind">Stable, <c>snake_case</c>, such as <c>step_started</c>, <c>step_done</c>, <c>step_waiting</c>, <c>step_failed</c>, <c>state_changed</c>.</param>
public sealed class InstanceEvent(long id, Guid instanceId, DateTimeOffset at, string kind, string message, string? step)
{
    /// <summary>Grows within an instance: also the SSE <c>id</c>.</summary>
    public long Id { get; private set; } = id;

    public Guid InstanceId { get; private set; } = instanceId;

    public DateTimeOffset At { get; private set; } = at;

    public string Kind { get; private set; } = kind;

    public string Message { get; private set; } = message;

    public string? Step { get; private set; } = step;
}
