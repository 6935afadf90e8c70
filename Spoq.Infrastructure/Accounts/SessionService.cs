using System.Net;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

public sealed record SessionView(Guid Id, string Agent, string Method, IPAddress? Address, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt);

/// <summary>Which browsers are signed in to an account, and how they are signed out from elsewhere.</summary>
public sealed class SessionService(IDbContextFactory<SpoqDbContext> contexts, Grants grants, AccountDesk desk)
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(90);

    /// <param name="accountId">Whose.</param>
    /// <param name="method">How they proved it.</param>
    /// <param name="replaces">The session that this browser had before: it ends.</param>
    /// <param name="isNewBrowser">The account's owner is told by mail.</param>
    /// <param name="caller">The browser.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Guid> OpenAsync(Guid accountId, string method, Guid? replaces, bool isNewBrowser, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var session = new Session(Guid.CreateVersion7(), accountId, method, UserAgent.Describe(caller.UserAgent) ?? "Unknown browser", caller.Address, desk.Now);
        db.Add(session);
        if (isNewBrowser)
        {
            var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email!).SingleAsync(cancellationToken);
            desk.Mail(db, links => AccountMails.NewBrowser(email, session, links));
        }

        await AccountDesk.SaveAsync(db, cancellationToken);
        var stale = desk.Now - s_kept;
        await db.Set<Session>().Where(row => row.AccountId == accountId && row.LastSeenAt < stale).ExecuteDeleteAsync(cancellationToken);
        if (replaces is not null)
        {
            await EndWhereAsync(db, accountId, row => row.Id == replaces, cancellationToken);
        }

        return session.Id;
    }

    /// <summary>Whether this session still stands; being asked is being seen.</summary>
    public async Task<bool> SeeAsync(Guid accountId, Guid sessionId, IPAddress? address, CancellationToken cancellationToken)
    {
        var now = desk.Now;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var session = await Open(db, accountId).Where(row => row.Id == sessionId).Select(row => new { row.LastSeenAt }).SingleOrDefaultAsync(cancellationToken);
        if (session is not null && session.LastSeenAt <= now - Session.SeenEvery)
        {
            await db.Set<Session>().Where(row => row.Id == sessionId && row.LastSeenAt <= now - Session.SeenEvery).ExecuteUpdateAsync(
                row => row.SetProperty(one => one.LastSeenAt, now).SetProperty(one => one.Address, one => address ?? one.Address), cancellationToken);
        }

        return session is not null;
    }

    /// <summary>When the person at this browser last proved who they are; null: the session has ended.</summary>
    public async Task<DateTimeOffset?> AuthenticatedAtAsync(Guid accountId, Guid sessionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Open(db, accountId).Where(row => row.Id == sessionId).Select(row => (DateTimeOffset?)row.AuthenticatedAt).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<bool> IsFreshAsync(Guid accountId, Guid sessionId, CancellationToken cancellationToken) =>
        await AuthenticatedAtAsync(accountId, sessionId, cancellationToken) is { } at && desk.Now < at + Session.FreshFor;

    /// <summary>The person at this browser proved again who they are.</summary>
    public async Task ConfirmAsync(Guid accountId, Guid sessionId, string method, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await Open(db, accountId).AsTracking().SingleOrDefaultAsync(row => row.Id == sessionId, cancellationToken) is { } session)
        {
            session.Confirm(desk.Now);
            desk.Audit(db, accountId, "account.confirmed_again", "by " + SignInMethod.Describe(method), caller);
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>Last seen first.</summary>
    public async Task<IReadOnlyList<SessionView>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Open(db, accountId).OrderByDescending(row => row.LastSeenAt)
            .Select(row => new SessionView(row.Id, row.Agent, row.Method, row.Address, row.CreatedAt, row.LastSeenAt)).ToListAsync(cancellationToken);
    }

    public async Task<Refusal?> EndAsync(Guid accountId, Guid sessionId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await EndWhereAsync(db, accountId, row => row.Id == sessionId, cancellationToken) == 0)
        {
            return AccountRefusals.SessionGone;
        }

        desk.Audit(db, accountId, "account.session_ended", "signed out", caller);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    public async Task EndOthersAsync(Guid accountId, Guid? keptSessionId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await EndOthersAsync(db, accountId, keptSessionId, caller, cancellationToken);
        desk.Audit(db, accountId, "account.signed_out_elsewhere", "by its owner", caller);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// Joins the transaction of what makes it necessary, such as a new password. Sign-ins that wait for a code end too,
    /// and what our own programs hold.
    /// </summary>
    internal async Task EndOthersAsync(SpoqDbContext db, Guid accountId, Guid? keptSessionId, Caller caller, CancellationToken cancellationToken)
    {
        await db.Set<SecondFactorTicket>().Where(ticket => ticket.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);
        await EndWhereAsync(db, accountId, row => row.Id != keptSessionId, cancellationToken);
        await grants.RevokeFirstPartyAsync(db, accountId, null, caller, cancellationToken);
    }

    private IQueryable<Session> Open(SpoqDbContext db, Guid accountId)
    {
        var oldest = desk.Now - Session.Life;
        return db.Set<Session>().AsNoTracking().Where(row => row.AccountId == accountId && row.RevokedAt == null && row.LastSeenAt > oldest);
    }

    private async Task<int> EndWhereAsync(SpoqDbContext db, Guid accountId, System.Linq.Expressions.Expression<Func<Session, bool>> which, CancellationToken cancellationToken)
    {
        var now = desk.Now;
        var ended = await db.Set<Session>().Where(row => row.AccountId == accountId && row.RevokedAt == null).Where(which)
            .ExecuteUpdateAsync(row => row.SetProperty(one => one.RevokedAt, now), cancellationToken);
        if (ended > 0)
        {
            await SessionNews.PublishAsync(db, accountId, cancellationToken);
        }

        return ended;
    }
}
