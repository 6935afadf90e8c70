using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <summary>A way back in for whoever reads the account's mail.</summary>
public sealed class PasswordResetService(IDbContextFactory<SpoqDbContext> contexts, IPasswordHasher<User> hasher, SessionService sessions, AccountDesk desk)
{
    /// <summary>The same answer, by the same work, whether or not there is such an account.</summary>
    public async Task<Refusal?> AskAsync(string? email, Caller caller, CancellationToken cancellationToken)
    {
        if (!EmailAddress.Check(email).Try(out var address, out var no))
        {
            return no;
        }

        if (await desk.Limits.ForgotAsync(caller, address, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await desk.MailLaterAsync(db, PasswordResetMailHandler.MailKind, new PasswordResetMail(address), cancellationToken);
        return null;
    }

    /// <summary>Takes the link, sets the password, ends every session and lifts the limits on signing in.</summary>
    public async Task<Result<string>> ResetAsync(string? token, string? password, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.CodeAsync(caller, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        var hash = Secret.Hash(token);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var reset = (await db.Set<PasswordReset>().FromSql($"select * from password_resets where link_hash = {hash} for update").ToListAsync(cancellationToken)).SingleOrDefault();
        if (reset is null)
        {
            return AccountRefusals.LinkGone;
        }

        var user = await db.Users.SingleAsync(row => row.Id == reset.AccountId, cancellationToken);
        if ((PasswordRule.Check(password, user.Email!) ?? reset.Use(desk.Now)) is { } no)
        {
            return no;
        }

        user.PasswordHash = hasher.HashPassword(user, password!);
        user.EndSessions();
        desk.Audit(db, user.Id, "account.password_reset", "by a mailed link", caller);
        desk.Mail(db, links => AccountMails.PasswordChanged(user.Email!, links));
        await AccountDesk.SaveAsync(db, cancellationToken);
        await sessions.EndOthersAsync(db, user.Id, null, caller, cancellationToken);
        await db.Set<PasswordReset>().Where(row => row.AccountId == user.Id && row.Id != reset.Id).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await desk.Limits.SignedInAsync(caller, user.Email!, cancellationToken);
        return user.Email!;
    }
}
