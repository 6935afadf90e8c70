namespace Spoq.Core.Wire;

/// <summary>
/// Answer of <c>GET /internal/instances/{id}/desired-state</c>: all that a computer must know of its owner's wishes. It is
/// kept on disk there and holds while the control plane is away.
/// </summary>
public sealed record DesiredState
{
    /// <summary>SHA-256 of the rest but <see cref="AsOf"/>: the same as long as nothing changed. Also the ETag.</summary>
    public required string Revision { get; init; }

    /// <summary>By the control plane's clock, before it was read: what was signed later may know more.</summary>
    public required DateTimeOffset AsOf { get; init; }

    public required Guid InstanceId { get; init; }

    public required string Hostname { get; init; }

    /// <summary>Who may log in by SSH. A suspended owner's profiles have no keys.</summary>
    public required IReadOnlyList<DesiredProfile> Profiles { get; init; }

    /// <summary>Whose tokens are let in, the owner first; who is suspended or unconfirmed is not among them.</summary>
    public required IReadOnlyList<DesiredMember> Members { get; init; }

    /// <summary>Sessions and grants that ended so lately that a runtime token of theirs may still be in time: its <c>sid</c>.</summary>
    public required IReadOnlyList<Guid> Ended { get; init; }

    /// <summary>Null: this control plane has no model to offer.</summary>
    public DesiredModel? Model { get; init; }

    /// <summary>Of the answer to a heartbeat: the revision there is now.</summary>
    public const string RevisionHeader = "Spoq-Revision";
}

/// <param name="Username">The login name.</param>
public sealed record DesiredProfile(string Username, IReadOnlyList<DesiredKey> Keys);

/// <param name="Algorithm">Such as <c>ssh-ed25519</c>.</param>
/// <param name="PublicKey">The base64 blob.</param>
/// <param name="Fingerprint"><c>SHA256:…</c>, as sshd's <c>%f</c> writes it.</param>
public sealed record DesiredKey(Guid DeviceId, string Algorithm, string PublicKey, string Fingerprint);

/// <param name="Role"><c>owner</c>, <c>operator</c> or <c>viewer</c>.</param>
public sealed record DesiredMember(Guid AccountId, string Role);

/// <summary>The model that answers questions asked of the computer.</summary>
/// <param name="Url">Up to and including <c>/v1</c>.</param>
/// <param name="Key">The computer's own: what it uses counts for its owner.</param>
public sealed record DesiredModel(Uri Url, string Name, string Key);
