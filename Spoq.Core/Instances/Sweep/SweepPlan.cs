using Spoq.Core.Instances.Providers;

namespace Spoq.Core.Instances.Sweep;

/// <summary>What becomes of a server that a provider lists.</summary>
public enum SweepVerdict
{
    /// <summary>It is in our books.</summary>
    Ours,

    /// <summary>An order of ours whose answer never came: it is written down.</summary>
    Adopt,

    /// <summary>Its instance is over: the end that missed it is done again.</summary>
    EndLeftover,

    /// <summary>A second one of a living instance, seen for long enough: it ends.</summary>
    EndDouble,

    /// <summary>Shown to an administrator; nothing else.</summary>
    Report,
}

/// <summary>What our rows say of a listed server.</summary>
/// <param name="Instance">The one its mark names; null: none, or no row.</param>
/// <param name="OpenOrder">That instance's order.</param>
/// <param name="IsSpare">A rental that outlived its instance and is in our books.</param>
/// <param name="OwnIsListed">The instance's own server is in the same list.</param>
/// <param name="FirstSeenAt">When it was first reported; null: never.</param>
public sealed record SweepFacts(Instance? Instance, ProviderServer? OpenOrder, bool IsSpare, bool OwnIsListed, DateTimeOffset? FirstSeenAt);

/// <summary>Decides by the list and the rows. In doubt it reports: a server may hold somebody's data.</summary>
public static class SweepPlan
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(15);

    /// <summary>An order that is younger is still being answered, by the worker that placed it.</summary>
    public static readonly TimeSpan AnswerAge = TimeSpan.FromMinutes(5);

    /// <summary>A double is seen for so long before it is ended.</summary>
    public static readonly TimeSpan SafetyAge = TimeSpan.FromHours(1);

    /// <summary>A server is missing for so long, in lists and when asked for, before another takes its place.</summary>
    public static readonly TimeSpan MissingAge = TimeSpan.FromMinutes(14);

    private const int FewServers = 3;

    public static SweepVerdict Of(ListedServer server, SweepFacts facts, DateTimeOffset now) => facts switch
    {
        { IsSpare: true } => SweepVerdict.Ours,
        { Instance: null } => SweepVerdict.Report,
        { Instance.IsFinal: true } => SweepVerdict.EndLeftover,
        { OpenOrder.Reference: { } known } when known == server.Reference => SweepVerdict.Ours,
        { Instance.ServerReference: { } known } when known == server.Reference => SweepVerdict.Ours,
        { OpenOrder: { Reference: null } order } when now - order.OrderedAt >= AnswerAge => SweepVerdict.Adopt,
        { OpenOrder: { Reference: null } } => SweepVerdict.Ours,

        // Never the only one there is: then it is the books that may be wrong.
        { OwnIsListed: true, FirstSeenAt: { } seen } when now - seen >= SafetyAge => SweepVerdict.EndDouble,
        _ => SweepVerdict.Report,
    };

    /// <summary>A list that lacks most of what it had is a list not to be believed.</summary>
    public static bool IsBelievable(int known, int missing) => missing <= FewServers || missing * 2 < known;

    /// <summary>Whether the instance should have a server that runs.</summary>
    public static bool WantsServer(Instance instance) => instance is
    {
        ReadyAt: not null,

        // In the middle of a move there are two, and what is on the other is not given up by itself.
        MoveId: null,
        State: InstanceState.Running or InstanceState.Starting or InstanceState.Restarting or InstanceState.Failed,
    };
}
