namespace Spoq.Core.Accounts;

/// <summary>The right to choose a new password once, for whoever reads the account's mail.</summary>
public sealed class PasswordReset(Guid id, Guid accountId, byte[] linkHash, DateTimeOffset createdAt)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    /// <summary>SHA-256 of the secret in the mailed link.</summary>
    public byte[] LinkHash { get; private set; } = linkHash;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? UsedAt { get; private set; }

    public Refusal? Use(DateTimeOffset now)
    {
        if (UsedAt is not null || now >= CreatedAt + Life)
        {
            return AccountRefusals.LinkGone;
        }

        UsedAt = now;
        return null;
    }
}
