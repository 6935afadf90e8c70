namespace Spoq.Core.Access;

/// <summary>What happens when a refresh token is presented.</summary>
public enum RefreshOutcome
{
    /// <summary>Spend it and hand out a successor.</summary>
    Rotate,

    /// <summary>It was spent a moment ago: the answer got lost, so the same successor is told again.</summary>
    Repeat,

    /// <summary>It was spent long ago: somebody else has it too, and the whole family goes (RFC 9700, section 4.14.2).</summary>
    Reused,

    /// <summary>Too old.</summary>
    Expired,
}

/// <summary>One link of a grant's chain of refresh tokens; only its hash is kept.</summary>
public sealed class RefreshToken(byte[] tokenHash, Guid grantId, DateTimeOffset createdAt, DateTimeOffset expiresAt)
{
    public static readonly TimeSpan Life = TimeSpan.FromDays(30);

    /// <summary>How long a lost answer may be asked for again.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    public byte[] TokenHash { get; private set; } = tokenHash;

    public Guid GrantId { get; private set; } = grantId;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset ExpiresAt { get; private set; } = expiresAt;

    public DateTimeOffset? SpentAt { get; private set; }

    /// <summary>The successor, sealed, so that it can be told again within <see cref="Grace"/>.</summary>
    public byte[]? SealedSuccessor { get; private set; }

    public RefreshOutcome PresentedAt(DateTimeOffset now) => SpentAt switch
    {
        { } spent => now < spent + Grace ? RefreshOutcome.Repeat : RefreshOutcome.Reused,
        null => now < ExpiresAt ? RefreshOutcome.Rotate : RefreshOutcome.Expired,
    };

    public void Spend(byte[] sealedSuccessor, DateTimeOffset at) => (SealedSuccessor, SpentAt) = (sealedSuccessor, at);
}
