using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>
/// The second step of signing in. A ticket is only given to whoever passed the first, so that a stranger without
/// the password can neither guess codes nor use up the account's tries.
/// </summary>
public sealed class SecondFactorService(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, AccountDesk desk)
{
    internal const string Purpose = "two-factor";

    /// <summary>The ticket to hold, saved with the caller's work.</summary>
    internal string Issue(SpoqDbContext db, Guid accountId, string method)
    {
        var ticket = Secret.New();
        db.Add(new SecondFactorTicket(Guid.CreateVersion7(), accountId, Secret.Hash(ticket), method, desk.Now));
        return ticket;
    }

    /// <summary>Somebody who is signed in proves again who they are; null: the account has no second step.</summary>
    public async Task<string?> AskAgainAsync(Guid accountId, string method, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await db.Users.AnyAsync(user => user.Id == accountId && user.TwoFactorEnabled, cancellationToken))
        {
            return null;
        }

        var ticket = Issue(db, accountId, method);
        await db.SaveChangesAsync(cancellationToken);
        return ticket;
    }

    /// <summary>How the first step was done; null: the ticket is no longer good.</summary>
    public async Task<string?> FindMethodAsync(string? ticket, CancellationToken cancellationToken)
    {
        var hash = Secret.Hash(ticket);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Set<SecondFactorTicket>().AsNoTracking().SingleOrDefaultAsync(row => row.Hash == hash, cancellationToken);
        return found?.IsOpen(desk.Now) == true ? found.Method : null;
    }

    /// <param name="ticket">What the first step gave; works once, for ten minutes and five tries.</param>
    /// <param name="code">Of the authenticator app, or a recovery code.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The account that is now signed in to.</returns>
    public async Task<Result<Guid>> FinishAsync(string? ticket, string? code, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.CodeAsync(caller, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        if (string.IsNullOrWhiteSpace(code))
        {
            return AccountRefusals.SecondStepMissing;
        }

        var hash = Secret.Hash(ticket);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);

        // Asked before the transaction: a counter that waits for a second connection while this one is held starves both.
        var accountId = await db.Set<SecondFactorTicket>().Where(row => row.Hash == hash && row.UsedAt == null).Select(row => row.AccountId).SingleOrDefaultAsync(cancellationToken);
        if (accountId != default && await desk.Limits.SecondStepAsync(accountId, cancellationToken) is { } tooOften)
        {
            return tooOften;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var held = (await db.Set<SecondFactorTicket>().FromSql($"select * from second_factor_tickets where hash = {hash} for update").ToListAsync(cancellationToken)).SingleOrDefault();
        if ((held is null ? AccountRefusals.SecondStepOver : held.Try(desk.Now)) is { } no)
        {
            return no;
        }

        var account = await db.Users.SingleAsync(user => user.Id == held!.AccountId, cancellationToken);
        var refusal = (account.LockoutEnd > desk.Now ? AccountRefusals.Suspended : null)
            ?? (await SpendAsync(db, account.Id, code, caller, cancellationToken) ? null : AccountRefusals.SecondStepWrong);
        if (refusal is null)
        {
            held!.Use(desk.Now);
            desk.Audit(db, account.Id, "account.signed_in", $"by {SignInMethod.Describe(SignInMethod.WithCode(held.Method))}", caller);
        }
        else
        {
            Refused(db, account, held!, refusal, caller);
        }

        await AccountDesk.SaveAsync(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (refusal is not null)
        {
            return refusal == AccountRefusals.SecondStepWrong && !held!.IsOpen(desk.Now) ? AccountRefusals.SecondStepOver : refusal;
        }

        await desk.Limits.SecondStepDoneAsync(account.Id, cancellationToken);
        return account.Id;
    }

    /// <summary>Takes the code out of use, whatever it is for. Joins the caller's transaction.</summary>
    internal async Task<bool> SpendAsync(SpoqDbContext db, Guid accountId, string code, Caller caller, CancellationToken cancellationToken)
    {
        var factor = (await db.Set<TwoFactor>().FromSql($"select * from two_factors where account_id = {accountId} for update").ToListAsync(cancellationToken)).SingleOrDefault();
        if (factor is null)
        {
            return false;
        }

        if (Secret.ReadCode(code) is { } digits)
        {
            return Totp.Match(secrets.Open(factor.Secret, Purpose), digits, desk.Now) is { } step && factor.Spend(step);
        }

        if (RecoveryCode.Read(code) is not { } letters)
        {
            return false;
        }

        var hash = Secret.Hash(letters);
        var now = desk.Now;
        var used = await db.Set<RecoveryCode>().Where(row => row.AccountId == accountId && row.Hash == hash && row.UsedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(one => one.UsedAt, now), cancellationToken);
        if (used == 0)
        {
            return false;
        }

        var left = await db.Set<RecoveryCode>().CountAsync(row => row.AccountId == accountId && row.UsedAt == null, cancellationToken);
        var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email!).SingleAsync(cancellationToken);
        desk.Audit(db, accountId, "account.recovery_code_used", $"{left} left", caller);
        desk.Mail(db, links => AccountMails.RecoveryCodeUsed(email, left, links));
        return true;
    }

    private void Refused(SpoqDbContext db, User account, SecondFactorTicket ticket, Refusal refusal, Caller caller)
    {
        desk.Audit(db, account.Id, "account.second_step_failed", refusal.Code.Replace('_', ' '), caller);
        if (!ticket.IsOpen(desk.Now))
        {
            // Whoever this is has the password.
            desk.Mail(db, links => AccountMails.SecondStepFailed(account.Email!, SignInMethod.Describe(ticket.Method), links));
        }
    }
}
