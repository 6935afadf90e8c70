using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Ops;

/// <summary>One write that its caller named, and what was answered.</summary>
public sealed class IdempotencyKey(Guid accountId, string key, string endpoint, byte[] bodyHash, Guid runId, DateTimeOffset createdAt)
{
    public Guid AccountId { get; private set; } = accountId;

    public string Key { get; private set; } = key;

    /// <summary>Method and path: a key names one write, not one per address.</summary>
    public string Endpoint { get; private set; } = endpoint;

    public byte[] BodyHash { get; private set; } = bodyHash;

    /// <summary>Who works on it; a run that was overtaken writes nothing any more.</summary>
    public Guid RunId { get; private set; } = runId;

    /// <summary>Past this, whoever worked on it has died.</summary>
    public DateTimeOffset RunningUntil { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public int? Status { get; private set; }

    /// <summary>Sealed: answers hold addresses to pay at and tokens.</summary>
    public byte[]? Answer { get; private set; }
}

internal sealed class IdempotencyKeyTable : IEntityTypeConfiguration<IdempotencyKey>
{
    public void Configure(EntityTypeBuilder<IdempotencyKey> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(row => new { row.AccountId, row.Key });
        builder.Property(row => row.Key).HasMaxLength(IdempotencyKeys.MaxLength);
        builder.Property(row => row.Endpoint).HasMaxLength(512);
        builder.HasOne<User>().WithMany().HasForeignKey(row => row.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => row.CreatedAt);
    }
}
