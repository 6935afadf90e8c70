namespace Spoq.Core.Instances.Sweep;

public enum OrphanKind
{
    /// <summary>It carries a mark of ours that names nothing we know. Another installation may share the account, so nobody removes it by itself.</summary>
    Unknown,

    /// <summary>A second server of an instance that has its own.</summary>
    Second,

    /// <summary>The other way round: a row whose server the provider does not know.</summary>
    Missing,
}

/// <summary>Something at a provider that does not match our rows, from when it was seen until it did.</summary>
public sealed class Orphan(Guid id, string provider, string reference, OrphanKind kind, string mark, Guid? instanceId, DateTimeOffset firstSeenAt)
{
    public Guid Id { get; private set; } = id;

    public string Provider { get; private set; } = provider;

    public string Reference { get; private set; } = reference;

    public OrphanKind Kind { get; private set; } = kind;

    /// <summary>What the provider calls it.</summary>
    public string Mark { get; private set; } = mark;

    public Guid? InstanceId { get; private set; } = instanceId;

    public DateTimeOffset FirstSeenAt { get; private set; } = firstSeenAt;

    public DateTimeOffset LastSeenAt { get; private set; } = firstSeenAt;

    /// <summary>Somebody is ending it at its provider, and has until then: meanwhile it becomes nobody's. Null: nobody is.</summary>
    public DateTimeOffset? EndingUntil { get; private set; }

    public DateTimeOffset? ResolvedAt { get; private set; }

    /// <summary>How it ended, as a sentence.</summary>
    public string? Resolution { get; private set; }

    public void See(OrphanKind kind, DateTimeOffset now)
    {
        Kind = kind;
        LastSeenAt = now;
    }

    public void BeginEnd(DateTimeOffset until) => EndingUntil = until;

    public void LeaveEnd() => EndingUntil = null;

    public void Resolve(string resolution, DateTimeOffset now)
    {
        ResolvedAt ??= now;
        Resolution ??= resolution;
    }
}
