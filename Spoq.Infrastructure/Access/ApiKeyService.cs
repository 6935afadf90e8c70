using System.Net;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>A key together with its secret: seen once, by whoever made it.</summary>
public sealed record IssuedApiKey(ApiKey Key, string Secret);

/// <summary>Makes, rotates and revokes API keys. Another account's id is not found, and neither is the key of a computer: it has the computer's id and is its own.</summary>
public sealed class ApiKeyService(IDbContextFactory<SpoqDbContext> contexts, ApiKeyGate gate, AccessDesk desk)
{
    /// <summary>Who holds this key; null: nobody, or not any more.</summary>
    public Task<ApiKeyCaller?> AuthenticateAsync(string key, IPAddress? address, CancellationToken cancellationToken) =>
        gate.AuthenticateAsync(key, address, cancellationToken);

    /// <summary>Newest first; revoked ones are gone, expired ones stay in sight.</summary>
    /// <param name="before">Only keys made before this one.</param>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(Guid accountId, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ApiKey>().AsNoTracking()
            .Where(key => key.AccountId == accountId && key.RevokedAt == null && (before == null || key.Id < before) && !db.Instances.Any(instance => instance.Id == key.Id))
            .OrderByDescending(key => key.Id).Take(limit).ToListAsync(cancellationToken);
    }

    public async Task<ApiKey?> FindAsync(Guid accountId, Guid keyId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ApiKey>().AsNoTracking().SingleOrDefaultAsync(key => key.Id == keyId && key.AccountId == accountId && key.RevokedAt == null && !db.Instances.Any(instance => instance.Id == key.Id), cancellationToken);
    }

    public async Task<Result<IssuedApiKey>> CreateAsync(Guid accountId, ApiKeyTerms terms, Caller caller, CancellationToken cancellationToken)
    {
        var now = desk.Now;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // One at a time for an account, so that what is counted holds until the commit.
        await db.Database.ExecuteSqlAsync($"select 1 from users where id = {accountId} for no key update", cancellationToken);
        if (await db.Set<ApiKey>().CountAsync(key => key.AccountId == accountId && key.RevokedAt == null && (key.ExpiresAt == null || key.ExpiresAt > now) && !db.Instances.Any(instance => instance.Id == key.Id), cancellationToken) >= ApiKey.MaxPerAccount)
        {
            return ApiKeyRefusals.TooMany;
        }

        var secret = NewSecret();
        var made = new ApiKey(Guid.CreateVersion7(now), accountId, terms, secret, now);
        db.Add(made);
        Audit(db, made, "access.api_key_created", $"\"{made.Name}\" ({made.Shown}…) for {made.Scope}", caller);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new IssuedApiKey(made, secret);
    }

    /// <param name="overlap">How long the secret before lives on.</param>
    public async Task<Result<IssuedApiKey>> RotateAsync(Guid accountId, Guid keyId, TimeSpan overlap, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, accountId, keyId, cancellationToken) is not { } key)
        {
            return ApiKeyRefusals.NotFound;
        }

        var secret = NewSecret();
        if (key.Rotate(secret, overlap, desk.Now) is { } no)
        {
            return no;
        }

        Audit(db, key, "access.api_key_rotated", $"\"{key.Name}\" ({key.Shown}…), the old secret works {(overlap > TimeSpan.Zero ? $"{overlap.TotalHours:0.#} h longer" : "no longer")}", caller);
        await SaveAsync(db, key, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new IssuedApiKey(key, secret);
    }

    /// <param name="monthlyCap">In microdollars; null: the account's only. In force on every node within a second.</param>
    public async Task<Refusal?> SetCapAsync(Guid accountId, Guid keyId, long? monthlyCap, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, accountId, keyId, cancellationToken) is not { } key)
        {
            return ApiKeyRefusals.NotFound;
        }

        if (key.SetCap(monthlyCap) is { } no)
        {
            return no;
        }

        Audit(db, key, "access.api_key_capped", $"\"{key.Name}\" ({key.Shown}…) to {(monthlyCap is { } cap ? $"${cap / 1_000_000m:0.00}" : "no cap of its own")}", caller);
        await SaveAsync(db, key, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    public async Task<Refusal?> RevokeAsync(Guid accountId, Guid keyId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, accountId, keyId, cancellationToken) is not { } key)
        {
            return ApiKeyRefusals.NotFound;
        }

        key.Revoke(desk.Now);
        Audit(db, key, "access.api_key_revoked", $"\"{key.Name}\" ({key.Shown}…)", caller);
        await SaveAsync(db, key, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private static async Task<ApiKey?> LockAsync(SpoqDbContext db, Guid accountId, Guid keyId, CancellationToken cancellationToken) =>
        (await db.Set<ApiKey>().FromSql($"select * from api_keys where id = {keyId} and account_id = {accountId} and revoked_at is null and not exists (select 1 from instances where instances.id = api_keys.id) for update").ToListAsync(cancellationToken)).SingleOrDefault();

    /// <summary>Every node forgets the key with the commit.</summary>
    private static async Task SaveAsync(SpoqDbContext db, ApiKey key, CancellationToken cancellationToken)
    {
        await Notices.PublishAsync(db, ApiKeyGate.Channel, key.Id.ToString(), cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
    }

    private void Audit(SpoqDbContext db, ApiKey key, string action, string detail, Caller caller) =>
        desk.Audit(db, key.AccountId, action, detail, caller);

    private static string NewSecret() => ApiKeyText.Write(RandomNumberGenerator.GetBytes(ApiKeyText.SecretBytes));
}
