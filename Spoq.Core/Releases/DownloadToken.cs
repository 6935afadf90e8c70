using System.Net;

namespace Spoq.Core.Releases;

/// <summary>
/// Lets one account download one product once. A broken download may go on, by <c>Range</c> and from the same
/// address, while the token lives.
/// </summary>
public sealed class DownloadToken(Guid id, Guid accountId, string product, byte[] hash, DateTimeOffset createdAt)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(30);

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    /// <summary><c>spoq</c> or <c>conductor</c>, for whatever system.</summary>
    public string Product { get; private set; } = product;

    /// <summary>SHA-256 of the 256 random bits that the holder has.</summary>
    public byte[] Hash { get; private set; } = hash;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? UsedAt { get; private set; }

    public IPAddress? UsedFrom { get; private set; }

    /// <summary>The artifact that was taken: going on means the same one.</summary>
    public string? UsedFor { get; private set; }

    public DateTimeOffset ExpiresAt => CreatedAt + Life;

    /// <summary>Whether it could still be used: nothing is taken.</summary>
    public Refusal? Check(DateTimeOffset now) => now >= ExpiresAt ? ReleaseRefusals.TokenExpired : UsedAt is not null ? ReleaseRefusals.TokenUsed : null;

    /// <param name="artifact">The file's name.</param>
    /// <param name="goesOn">The request asks for the rest of a file it has the beginning of.</param>
    public Refusal? Take(ReleaseArtifact artifact, bool goesOn, IPAddress? from, DateTimeOffset now)
    {
        if (now >= ExpiresAt)
        {
            return ReleaseRefusals.TokenExpired;
        }

        if (artifact.Product != Product)
        {
            return ReleaseRefusals.TokenInvalid;
        }

        if (UsedAt is not null)
        {
            return goesOn && UsedFor == artifact.Name && Equals(UsedFrom, from) ? null : ReleaseRefusals.TokenUsed;
        }

        (UsedAt, UsedFrom, UsedFor) = (now, from, artifact.Name);
        return null;
    }
}
