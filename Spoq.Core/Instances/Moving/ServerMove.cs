namespace Spoq.Core.Instances.Moving;

/// <summary>
/// A second server that takes the place of an instance's first. From the order on the new one is the instance's, and
/// the old one, still in use by its name, is the other; going back exchanges the two.
/// </summary>
/// <param name="id">Also the mark of the new server.</param>
/// <param name="instanceId">Whose it is.</param>
/// <param name="fromAddress">Where the old server answers by SSH.</param>
/// <param name="publicKey">The key that the old one lets in for as long as this lasts, as one line of <c>authorized_keys</c>.</param>
/// <param name="startedAt">When it was asked for.</param>
public sealed class ServerMove(Guid id, Guid instanceId, string fromAddress, string publicKey, DateTimeOffset startedAt)
{
    /// <summary>Of a report: longer ones are cut.</summary>
    public const int LongestText = 300;

    public Guid Id { get; private set; } = id;

    public Guid InstanceId { get; private set; } = instanceId;

    public string FromAddress { get; private set; } = fromAddress;

    public string PublicKey { get; private set; } = publicKey;

    public DateTimeOffset StartedAt { get; private set; } = startedAt;

    /// <summary>The private half, encrypted; gone when the move is over.</summary>
    public byte[]? SealedKey { get; private set; }

    /// <summary>The mark of the server that is not the instance's now.</summary>
    public Guid OtherMark { get; private set; }

    public string? OtherReference { get; private set; }

    /// <summary>SHA-256 of the token the old server reports with.</summary>
    public byte[]? OtherTokenHash { get; private set; }

    public string? OtherVersion { get; private set; }

    /// <summary>How far the copy has come, in the new server's words.</summary>
    public string? Progress { get; private set; }

    /// <summary>All was copied once, while the old one was in use.</summary>
    public DateTimeOffset? CopiedAt { get; private set; }

    /// <summary>The old one is closed from here on, and what has changed is copied.</summary>
    public DateTimeOffset? FinishAskedAt { get; private set; }

    public DateTimeOffset? MovedAt { get; private set; }

    public DateTimeOffset? TakenBackAt { get; private set; }

    /// <summary>There is one server again.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>What the new server is to do next.</summary>
    public MoveOrder Order => this switch
    {
        { TakenBackAt: not null } or { EndedAt: not null } or { MovedAt: not null } => MoveOrder.Done,
        { FinishAskedAt: not null } => MoveOrder.Finish,
        _ => MoveOrder.Copy,
    };

    public void KeepKey(byte[] sealedKey) => SealedKey = sealedKey;

    public void AskToFinish(DateTimeOffset now) => FinishAskedAt ??= now;

    /// <returns>Whether it is news.</returns>
    public bool Hear(MoveReport report, string? text, DateTimeOffset now)
    {
        var (copied, moved, progress) = (CopiedAt, MovedAt, Progress);
        switch (report)
        {
            case MoveReport.Copied:
                CopiedAt ??= now;
                Progress = null;
                break;
            case MoveReport.Moved when FinishAskedAt is not null:
                MovedAt ??= now;
                Progress = null;
                break;
            case MoveReport.Copying:
            case MoveReport.Failed:
                Progress = text;
                break;
        }

        return (copied, moved, progress) != (CopiedAt, MovedAt, Progress);
    }

    /// <summary>Nothing of it is needed any more, and no key of it counts.</summary>
    public void End(DateTimeOffset now)
    {
        EndedAt ??= now;
        OtherTokenHash = null;
        SealedKey = null;
    }

    internal void Park(Guid mark, string? reference, byte[]? tokenHash, string? version) =>
        (OtherMark, OtherReference, OtherTokenHash, OtherVersion) = (mark, reference, tokenHash, version);

    internal void TakeBack(Guid mark, string? reference, DateTimeOffset now)
    {
        Park(mark, reference, null, null);
        TakenBackAt = now;
        SealedKey = null;
    }
}

public enum MoveOrder
{
    /// <summary>Copy what there is; the old server is in use.</summary>
    Copy,

    /// <summary>Close the old one and copy what has changed.</summary>
    Finish,

    /// <summary>Nothing is left to do.</summary>
    Done,
}

public enum MoveReport
{
    Copying,
    Copied,
    Moved,
    Failed,
}
