using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>Which programs an account let in, and letting them out again.</summary>
public sealed class Grants(IDbContextFactory<SpoqDbContext> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>Carries the id of a grant that was revoked, or of an account whose standing changed.</summary>
    internal const string Channel = "grants_changed";

    /// <summary>Adds the grant and its audit entry; the caller saves.</summary>
    public Grant Open(SpoqDbContext db, Guid accountId, string clientId, string scope, string? name, Caller caller)
    {
        var grant = new Grant(Guid.CreateVersion7(), accountId, clientId, scope, name, clock.GetUtcNow());
        db.Add(grant);
        audit.Add(db, new AuditEntry(accountId, "access.grant_opened", $"{name ?? clientId} ({scope})", caller.Address, caller.UserAgent));
        return grant;
    }

    /// <summary>Living grants, newest first.</summary>
    public async Task<IReadOnlyList<Grant>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Grant>().AsNoTracking().Where(grant => grant.AccountId == accountId && grant.RevokedAt == null)
            .OrderByDescending(grant => grant.Id).ToListAsync(cancellationToken);
    }

    public async Task<Refusal?> RevokeAsync(Guid accountId, Guid grantId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var isMine = await db.Set<Grant>().AnyAsync(grant => grant.Id == grantId && grant.AccountId == accountId && grant.RevokedAt == null, cancellationToken);
        if (!isMine || !await RevokeAsync(db, grantId, "by its owner", caller, cancellationToken))
        {
            return AccessRefusals.GrantMissing;
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>Ends what our own clients hold, as after a changed password, in the caller's transaction, which also saves the audit entries.</summary>
    public async Task RevokeFirstPartyAsync(SpoqDbContext db, Guid accountId, Guid? exceptGrantId, Caller caller, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var clients = FirstPartyClients.All.ToArray();
        var revoked = await db.Set<Grant>().FromSql(
            $"""
            update grants set revoked_at = {now}
            where account_id = {accountId} and revoked_at is null and client_id = any({clients}) and id is distinct from {exceptGrantId}
            returning *
            """).AsNoTracking().ToListAsync(cancellationToken);
        foreach (var grant in revoked)
        {
            audit.Add(db, new AuditEntry(accountId, "access.grant_revoked", $"{grant.Name ?? grant.ClientId}, with the other sign-ins", caller.Address, caller.UserAgent));
            await Notices.PublishAsync(db, Channel, grant.Id.ToString(), cancellationToken);
        }
    }

    /// <summary>In the caller's transaction, which also saves the audit entry. False: somebody else was first.</summary>
    internal async Task<bool> RevokeAsync(SpoqDbContext db, Guid grantId, string why, Caller caller, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var revoked = await db.Set<Grant>().Where(grant => grant.Id == grantId && grant.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(grant => grant.RevokedAt, now), cancellationToken);
        if (revoked == 0)
        {
            return false;
        }

        var grant = await db.Set<Grant>().AsNoTracking().SingleAsync(row => row.Id == grantId, cancellationToken);
        audit.Add(db, new AuditEntry(grant.AccountId, "access.grant_revoked", $"{grant.Name ?? grant.ClientId}, {why}", caller.Address, caller.UserAgent));
        await Notices.PublishAsync(db, Channel, grantId.ToString(), cancellationToken);
        return true;
    }
}
