using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances;

/// <summary>
/// A computer's own API key, good for models only: what it uses counts for its owner. The key's row has the computer's
/// id. Its secret is derived from our own key, so that it can be told again without being stored, and a new one follows
/// every thirty days while the one before lives on for three.
/// </summary>
internal sealed class InstanceKeys(IDbContextFactory<SpoqDbContext> contexts, SecretBox box, TimeProvider clock)
{
    private static readonly TimeSpan s_period = TimeSpan.FromDays(30);

    /// <summary>Null: it was revoked, or the computer may have none.</summary>
    public async Task<string?> SecretAsync(Instance instance, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var secret = Derive(instance, now);
        var hash = ApiKey.Hash(secret);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var known = await db.Set<ApiKey>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == instance.Id, cancellationToken);
        if (known?.RevokedAt is not null || instance.IsFinal || instance.State == InstanceState.Draft)
        {
            return null;
        }

        // The one before is told as well: another node's clock may have gone on to the next already.
        return known?.OpenUntil(hash, now) is not null || await KeepAsync(db, instance, secret, now, cancellationToken) ? secret : null;
    }

    /// <summary>In the caller's transaction.</summary>
    public static async Task RevokeAsync(SpoqDbContext db, Guid instanceId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.Set<ApiKey>().Where(row => row.Id == instanceId && row.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(row => row.RevokedAt, now), cancellationToken);
        await Notices.PublishAsync(db, ApiKeyGate.Channel, instanceId.ToString(), cancellationToken);
    }

    private static async Task<bool> KeepAsync(SpoqDbContext db, Instance instance, string secret, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.LockInstanceAsync(instance.Id, cancellationToken) is not { InstanceTokenHash: not null, IsFinal: false })
        {
            return false;
        }

        var key = await db.Set<ApiKey>().SingleOrDefaultAsync(row => row.Id == instance.Id, cancellationToken);
        if (key is null)
        {
            db.Add(new ApiKey(instance.Id, instance.AccountId, new ApiKeyTerms(instance.Hostname, Scopes.Ai, null, null), secret, now));
        }
        else if (key.OpenUntil(ApiKey.Hash(secret), now) is null && key.Rotate(secret, ApiKey.MaxOverlap, now) is not null)
        {
            return false;
        }

        await Notices.PublishAsync(db, ApiKeyGate.Channel, instance.Id.ToString(), cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private string Derive(Instance instance, DateTimeOffset now)
    {
        var secret = box.Derive($"instance_key {instance.Id:n} {(now - instance.CreatedAt).Ticks / s_period.Ticks}");
        var text = ApiKeyText.Write(secret);
        CryptographicOperations.ZeroMemory(secret);
        return text;
    }
}
