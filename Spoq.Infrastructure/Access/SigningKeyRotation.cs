using Microsoft.EntityFrameworkCore;
using Spoq.Core.Access;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Access;

/// <summary>Replaces the key that signs: by the clock, or because somebody says so.</summary>
public sealed class SigningKeyRotation(IDbContextFactory<SpoqDbContext> contexts, SigningKeys keys, AuditLog audit, TimeProvider clock) : IChore
{
    public string Name => "signing_keys";

    public TimeSpan Every => TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken cancellationToken) =>
        await RotateAsync("by the clock", (known, now) => known.Count > 0 && now >= KeyRotation.DueAt(known, now), KeyRotation.Lead, cancellationToken);

    /// <summary>Publishes a new key now, which signs as soon as everybody can know it. Tokens of the old one stay good.</summary>
    /// <returns>The new key's id; null: another one waits for its time already.</returns>
    public Task<string?> RotateAsync(CancellationToken cancellationToken) => RotateAsync("on demand", (_, _) => true, KeyRotation.Lead, cancellationToken);

    /// <summary>For a key that got into wrong hands: the new one signs at once, and no token of any old one is good any more.</summary>
    public Task<string?> ReplaceAsync(CancellationToken cancellationToken) => RotateAsync("at once, and the old ones withdrawn", (_, _) => true, null, cancellationToken);

    private async Task<string?> RotateAsync(string why, Func<IReadOnlyCollection<SigningKey>, DateTimeOffset, bool> isWanted, TimeSpan? lead, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await SigningKeys.LockAsync(db, cancellationToken);
        var known = await db.Set<SigningKey>().ToListAsync(cancellationToken);
        if (!isWanted(known, now) || (lead is not null && KeyRotation.IsUnderWay(known, now)))
        {
            return null;
        }

        var made = keys.Make(now, now + (lead ?? TimeSpan.Zero));
        foreach (var key in known)
        {
            if (lead is null)
            {
                key.Withdraw(now);
            }
            else
            {
                key.Retire(made.ActiveAt);
            }
        }

        db.Add(made);
        audit.Add(db, new AuditEntry(null, "access.signing_key_rotated", $"{made.Kid}, {why}", null, null));
        await db.SaveChangesAsync(cancellationToken);
        await Notices.PublishAsync(db, SigningKeys.Channel, "", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        keys.Forget();
        return made.Kid;
    }
}
