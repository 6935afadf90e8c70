using System.Text.Json;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances;

namespace Spoq.Web.Instances;

/// <summary>An instance as the API tells it.</summary>
/// <param name="Status">What it is, such as <c>draft</c>, <c>provisioning</c>, <c>running</c>, <c>stopped</c>, <c>failed</c>.</param>
/// <param name="Role">What the caller may do with it: <c>owner</c>, <c>operator</c> or <c>viewer</c>.</param>
/// <param name="NextPlan">The plan whose size it is being given; null: it keeps the one it has.</param>
/// <param name="HostKeyFingerprint">SHA256 fingerprint of its SSH host key; null where it has no SSH.</param>
internal sealed record InstanceAnswer(
    Guid Id,
    string Address,
    string Hostname,
    string Username,
    string Plan,
    string? NextPlan,
    string Region,
    string Provider,
    InstanceState Status,
    DateTimeOffset StatusSince,
    InstanceRole Role,
    string Headline,
    string? Error,
    string? HostKeyFingerprint,
    string? ConductorVersion,
    DateTimeOffset? LastHeartbeatAt,
    VitalsAnswer? Vitals,
    DateTimeOffset CreatedAt,
    DateTimeOffset? PaidAt,
    DateTimeOffset? ReadyAt)
{
    public static InstanceAnswer Of(InstanceAccess access) => Of(access.Instance, access.Role);

    public static InstanceAnswer Of(Instance instance, InstanceRole role) => new(
        instance.Id,
        instance.Address,
        instance.Hostname,
        instance.Username,
        instance.Plan,
        instance.NextPlan,
        instance.Region,
        instance.Provider,
        instance.State,
        instance.StateSince,
        role,
        StateWords.Headline(instance),
        instance.ErrorMessage,
        instance.HostKeyFingerprint,
        instance.ConductorVersion,
        instance.LastHeartbeatAt,
        VitalsAnswer.Of(instance),
        instance.CreatedAt,
        instance.PaidAt,
        instance.ReadyAt);
}

/// <summary>What the last heartbeat said.</summary>
internal sealed record VitalsAnswer(double CpuPercent, long MemoryUsedBytes, long MemoryTotalBytes, long DiskUsedBytes, long DiskTotalBytes)
{
    public static VitalsAnswer? Of(Instance instance) => instance is { CpuPercent: { } cpu, MemoryUsedBytes: { } memory, MemoryTotalBytes: { } memoryAll, DiskUsedBytes: { } disk, DiskTotalBytes: { } diskAll }
        ? new VitalsAnswer(cpu, memory, memoryAll, disk, diskAll)
        : null;
}

/// <summary>The story of an instance now: what is done, what goes on, what happens next.</summary>
/// <param name="Percent">0 to 100, of the work in hand.</param>
/// <param name="NextLookAt">When it goes on by itself; null: nothing is due.</param>
internal sealed record InstanceStatusAnswer(
    Guid Id,
    string Hostname,
    InstanceState Status,
    DateTimeOffset StatusSince,
    int Percent,
    string Headline,
    string Next,
    string? Step,
    IReadOnlyList<StepAnswer> Steps,
    bool CanRetry,
    bool CanCancel,
    string? WaitingFor,
    string? ErrorCode,
    string? Error,
    DateTimeOffset? NextLookAt,
    DateTimeOffset? ReadyAt)
{
    public static InstanceStatusAnswer Of(Instance instance, IReadOnlyList<InstanceEvent> events)
    {
        var story = Story.Of(instance, events);
        return new InstanceStatusAnswer(
            instance.Id,
            instance.Hostname,
            instance.State,
            instance.StateSince,
            story.Percent,
            story.Headline,
            story.Next,
            instance.Step?.Key(),
            [.. story.Steps.Select(step => new StepAnswer(step.Step.Key(), step.Title, step.Mark, step.At, step.Detail))],
            story.CanRetry,
            story.CanCancel,
            instance.WaitingFor,
            instance.ErrorCode,
            instance.ErrorMessage,
            instance.DueAt,
            instance.ReadyAt);
    }
}

/// <param name="At">When it was done, or since when it has been as it is.</param>
internal sealed record StepAnswer(string Step, string Title, StoryMark Status, DateTimeOffset? At, string? Detail);

/// <summary>One line of an instance's story.</summary>
/// <param name="Id">Grows; also the SSE id, to be sent back as <c>Last-Event-ID</c>.</param>
/// <param name="Kind">Such as <c>step_started</c>, <c>step_done</c>, <c>state_changed</c>.</param>
internal sealed record EventAnswer(long Id, DateTimeOffset At, string Kind, string Message, string? Step)
{
    public static EventAnswer Of(InstanceEvent line) => new(line.Id, line.At, line.Kind, line.Message, line.Step);
}

internal static class InstanceTexts
{
    public static string Text(this InstanceRole role) => JsonNamingPolicy.SnakeCaseLower.ConvertName(role.ToString());

    public static string Text(this InstanceState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
