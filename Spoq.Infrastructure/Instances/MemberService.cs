using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Instances;

/// <summary>An instance as one person may use it.</summary>
/// <param name="AccountId">Who they are.</param>
public sealed record InstanceAccess(Instance Instance, InstanceRole Role, Guid AccountId)
{
    /// <summary>The browser session they come with: what it opened ends with it.</summary>
    public Guid? SessionId { get; init; }
}

/// <summary>Who may use an instance: its owner, and whom the owner let in. Everybody else finds nothing there.</summary>
public sealed class MemberService(IDbContextFactory<SpoqDbContext> contexts, RateLimiter limiter, MailOutbox mails, AccountLinks links, AuditLog audit, TimeProvider clock)
{
    private static readonly RateRule s_invitations = RateRule.PerHour(20);
    private static readonly RateRule s_mailsPerRecipient = RateRule.PerHour(6);

    /// <summary>Null: there is none, or it is nobody's business of this account.</summary>
    public async Task<InstanceAccess?> FindAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return Access(accountId, await Reachable(db, accountId).SingleOrDefaultAsync(row => row.Instance.Id == instanceId, cancellationToken));
    }

    /// <summary>Own and shared instances, oldest first.</summary>
    public async Task<IReadOnlyList<InstanceAccess>> PageAsync(Guid accountId, Guid? after, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var start = after ?? Guid.Empty;
        var rows = await Reachable(db, accountId).Where(row => row.Instance.Id > start).OrderBy(row => row.Instance.Id).Take(count).ToListAsync(cancellationToken);
        return [.. rows.Select(row => Access(accountId, row)!)];
    }

    public async Task<IReadOnlyList<InstanceMember>> ListAsync(Guid ownerId, Guid instanceId, Guid? after, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var start = after ?? Guid.Empty;
        return await db.Set<InstanceMember>().AsNoTracking()
            .Where(member => member.InstanceId == instanceId && member.Id > start && db.Instances.Any(instance => instance.Id == instanceId && instance.AccountId == ownerId))
            .OrderBy(member => member.Id).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Lets somebody in, or changes what they may do. The mail goes out whether or not they have an account.</summary>
    public async Task<Result<InstanceMember>> InviteAsync(Guid ownerId, Guid instanceId, string? email, InstanceRole? role, Caller caller, CancellationToken cancellationToken)
    {
        if (!EmailAddress.Check(email).Try(out var address, out var refusal))
        {
            return refusal;
        }

        if (role is not (InstanceRole.Viewer or InstanceRole.Operator))
        {
            return MemberRefusals.UnknownRole;
        }

        var normalized = User.Normalize(address);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.AccountId != ownerId)
        {
            return InstanceRefusals.NotFound;
        }

        var owner = await db.Users.SingleAsync(user => user.Id == ownerId, cancellationToken);
        var members = await db.Set<InstanceMember>().Where(member => member.InstanceId == instanceId).ToListAsync(cancellationToken);
        var member = members.Find(row => row.NormalizedEmail == normalized);
        refusal = owner.NormalizedEmail == normalized ? MemberRefusals.Yourself
            : member is null && members.Count >= InstanceMember.MostPerInstance ? MemberRefusals.TooMany
            : member is null ? await LimitAsync(ownerId, normalized, cancellationToken) : null;
        if (refusal is not null)
        {
            return refusal;
        }

        var action = member is null ? "instance.member_added" : "instance.member_changed";
        if (member is null)
        {
            member = new InstanceMember(Guid.CreateVersion7(), instanceId, address, normalized, role.Value, clock.GetUtcNow());
            db.Add(member);
            mails.Add(db, MemberMails.Invited(address, owner.Email!, instance.Hostname, links.Console(instanceId)));
            await Outbox.WakeAsync(db, cancellationToken);
        }

        member.Become(role.Value);
        audit.Add(db, new AuditEntry(ownerId, action, $"{address} as {SnakeCase.Of(role.Value.ToString())} of {instance.Hostname}", caller.Address, caller.UserAgent));
        await db.AnnounceAsync(instanceId, cancellationToken);
        await DesiredStates.AnnounceAsync(db, instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return member;
    }

    public Task<Refusal?> RemoveAsync(Guid ownerId, Guid instanceId, Guid memberId, Caller caller, CancellationToken cancellationToken) =>
        RemoveAsync(ownerId, instanceId, member => member.Id == memberId, caller, cancellationToken);

    public Task<Refusal?> RemoveAsync(Guid ownerId, Guid instanceId, string? email, Caller caller, CancellationToken cancellationToken)
    {
        var normalized = User.Normalize(email ?? "");
        return RemoveAsync(ownerId, instanceId, member => member.NormalizedEmail == normalized, caller, cancellationToken);
    }

    private async Task<Refusal?> RemoveAsync(Guid ownerId, Guid instanceId, Expression<Func<InstanceMember, bool>> which, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.AccountId != ownerId)
        {
            return InstanceRefusals.NotFound;
        }

        if (await db.Set<InstanceMember>().Where(row => row.InstanceId == instanceId).SingleOrDefaultAsync(which, cancellationToken) is not { } member)
        {
            return MemberRefusals.NotFound;
        }

        db.Remove(member);
        audit.Add(db, new AuditEntry(ownerId, "instance.member_removed", $"{member.Email} of {instance.Hostname}", caller.Address, caller.UserAgent));

        // Open screens and streams of the member read again, and find nothing.
        await db.AnnounceAsync(instanceId, cancellationToken);
        await DesiredStates.AnnounceAsync(db, instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private async Task<Refusal?> LimitAsync(Guid ownerId, string recipient, CancellationToken cancellationToken) =>
        (await limiter.TakeAsync("invite", ownerId.ToString(), s_invitations, cancellationToken)
            ?? await limiter.TakeAsync("invite-mail", recipient, s_mailsPerRecipient, cancellationToken)) is { } wait
            ? MemberRefusals.TooManyInvitations(wait)
            : null;

    private static IQueryable<Row> Reachable(SpoqDbContext db, Guid accountId) =>
        from instance in db.Instances.AsNoTracking()
        let role = db.Set<InstanceMember>()
            .Where(member => member.InstanceId == instance.Id && db.Users.Any(user => user.Id == accountId && user.NormalizedEmail == member.NormalizedEmail))
            .Select(member => (InstanceRole?)member.Role).FirstOrDefault()
        where instance.AccountId == accountId || role != null
        select new Row { Instance = instance, Role = role };

    private static InstanceAccess? Access(Guid accountId, Row? row) =>
        row is null ? null : new InstanceAccess(row.Instance, row.Instance.AccountId == accountId ? InstanceRole.Owner : row.Role!.Value, accountId);

    private sealed class Row
    {
        public required Instance Instance { get; init; }

        public InstanceRole? Role { get; init; }
    }
}
