using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>What the browser that signed up holds until the address is confirmed.</summary>
public sealed record SignUpStarted(string Ticket, Guid SignUpId);

/// <summary>
/// What shows that whoever has the mail is who chose the password: a stranger may have signed up with the
/// reader's address, and neither a press nor the mailed code must hand the stranger an account in the reader's name. Any one is enough.
/// </summary>
/// <param name="Ticket">Held by the browser that signed up.</param>
/// <param name="Password">The password chosen at sign-up.</param>
/// <param name="HolderId">The sign-up's own id, from a token that was given for it.</param>
public sealed record SignUpProof(string? Ticket, string? Password = null, Guid? HolderId = null);

/// <summary>What a mailed link is about.</summary>
/// <param name="NeedsPassword">It was opened elsewhere than where the password was chosen.</param>
public sealed record LinkView(string Email, bool NeedsPassword);

/// <summary>A new account, and where its person was heading.</summary>
public sealed record Confirmed(Guid AccountId, string? Next);

/// <summary>
/// From a form to a confirmed account. Whether the address has an account already is looked up only by the worker
/// that writes the mail, so neither answer nor time can tell.
/// </summary>
public sealed class SignUpService(IDbContextFactory<SpoqDbContext> contexts, IPasswordHasher<User> hasher, AccountDesk desk, Administrators administrators, SecretBox secrets)
{
    private const string TicketPurpose = "sign_ups.sealed_ticket";

    private static readonly User s_nobody = new();

    public async Task<Result<SignUpStarted>> StartAsync(string? email, string? password, string? next, Caller caller, CancellationToken cancellationToken)
    {
        if (!EmailAddress.Check(email).Try(out var address, out var no))
        {
            return no;
        }

        if ((PasswordRule.Check(password, address) ?? await desk.Limits.SignUpAsync(caller, address, cancellationToken)) is { } refusal)
        {
            return refusal;
        }

        var hash = hasher.HashPassword(s_nobody, password!);
        var signUp = new SignUp(Guid.CreateVersion7(), address, User.Normalize(address), hash, LocalPath.Check(next), desk.Now);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Add(signUp);
        var ticket = Secret.New();
        await IssueAsync(db, signUp, ticket, cancellationToken);
        return new SignUpStarted(ticket, signUp.Id);
    }

    /// <summary>A new code and link; those of earlier mails are void.</summary>
    public async Task<Refusal?> ResendAsync(string? ticket, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await FindAsync(db, ticket, cancellationToken);
        if (signUp is null || !signUp.IsOpen(desk.Now))
        {
            return signUp?.ConfirmedAt is null ? AccountRefusals.SignUpGone : AccountRefusals.AlreadyConfirmed;
        }

        if (await desk.Limits.SignUpAsync(caller, signUp.Email, cancellationToken) is { } no)
        {
            return no;
        }

        await IssueAsync(db, signUp, ticket!, cancellationToken);
        return null;
    }

    /// <summary>Where the code went; null: no such sign-up, or it is over.</summary>
    public async Task<string?> FindEmailAsync(string? ticket, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await FindAsync(db, ticket, cancellationToken);
        return signUp?.IsOpen(desk.Now) == true ? signUp.Email : null;
    }

    /// <summary>The ticket names the sign-up; the proof shows who types, for a stranger may have sent the page with the ticket in its address.</summary>
    public async Task<Result<Confirmed>> ConfirmByCodeAsync(string? ticket, string? code, SignUpProof proof, Caller caller, CancellationToken cancellationToken)
    {
        if (Secret.ReadCode(code) is not { } digits)
        {
            return AccountRefusals.CodeMissing;
        }

        var hash = Secret.Hash(ticket);
        return await ConfirmAsync(
            db => db.Set<SignUp>().FromSql($"select * from sign_ups where ticket_hash = {hash} for update"),
            signUp => signUp.Standing(desk.Now) ?? Prove(signUp, proof) ?? signUp.TryCode(Secret.HashCode(ticket!, digits), desk.Now),
            caller,
            cancellationToken);
    }

    public async Task<Result<LinkView>> ReadLinkAsync(string? token, string? ticket, CancellationToken cancellationToken)
    {
        var hash = Secret.Hash(token);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await db.Set<SignUp>().AsNoTracking().SingleOrDefaultAsync(row => row.LinkHash == hash, cancellationToken);
        return (signUp is null ? AccountRefusals.SignUpGone : signUp.Standing(desk.Now)) is { } no
            ? no
            : new LinkView(signUp!.Email, Prove(signUp, new SignUpProof(ticket)) is not null);
    }

    public Task<Result<Confirmed>> ConfirmByLinkAsync(string? token, SignUpProof proof, Caller caller, CancellationToken cancellationToken) =>
        ConfirmAsync(ByLink(token), signUp => signUp.Standing(desk.Now) ?? Prove(signUp, proof) ?? signUp.TakeLink(desk.Now), caller, cancellationToken);

    /// <summary>
    /// The reader of the mail takes the address with a password of their own. The account gets a new id: whatever was
    /// given to whoever signed up stays worthless.
    /// </summary>
    public Task<Result<Confirmed>> ClaimByLinkAsync(string? token, string? password, Caller caller, CancellationToken cancellationToken) =>
        ConfirmAsync(ByLink(token), signUp => PasswordRule.Check(password, signUp.Email) ?? signUp.TakeLink(desk.Now), caller, cancellationToken, password);

    /// <summary>The reader of the mail did not sign up: nothing is left of it.</summary>
    public async Task DisownAsync(string? token, Caller caller, CancellationToken cancellationToken)
    {
        var hash = Secret.Hash(token);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Set<SignUp>().Where(row => row.LinkHash == hash && row.ConfirmedAt == null).ExecuteDeleteAsync(cancellationToken) > 0)
        {
            desk.Audit(db, null, "account.sign_up_disowned", "by the reader of the mail", caller);
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    private static Func<SpoqDbContext, IQueryable<SignUp>> ByLink(string? token)
    {
        var hash = Secret.Hash(token);
        return db => db.Set<SignUp>().FromSql($"select * from sign_ups where link_hash = {hash} for update");
    }

    private Refusal? Prove(SignUp signUp, SignUpProof proof)
    {
        if (proof.HolderId == signUp.Id || CryptographicOperations.FixedTimeEquals(Secret.Hash(proof.Ticket), signUp.TicketHash))
        {
            return null;
        }

        if (string.IsNullOrEmpty(proof.Password))
        {
            return AccountRefusals.SignUpPasswordNeeded;
        }

        return proof.Password.Length <= PasswordRule.MaxLength && hasher.VerifyHashedPassword(s_nobody, signUp.PasswordHash, proof.Password) != PasswordVerificationResult.Failed
            ? null
            : AccountRefusals.SignUpPasswordWrong;
    }

    /// <summary>Somebody who proved the password of an open sign-up goes on with it in this browser.</summary>
    internal async Task<SignUpStarted> ReopenAsync(Guid signUpId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await db.Set<SignUp>().SingleAsync(row => row.Id == signUpId, cancellationToken);
        if (await desk.Limits.SignUpAsync(caller, signUp.Email, cancellationToken) is not null)
        {
            // Enough was mailed to this address: the last mail's code counts, with the tries it has left.
            return new SignUpStarted(TicketOf(signUp), signUp.Id);
        }

        var ticket = Secret.New();
        await IssueAsync(db, signUp, ticket, cancellationToken);
        return new SignUpStarted(ticket, signUp.Id);
    }

    /// <summary>The ticket of an open sign-up, for whoever holds a token of it; null: it is over.</summary>
    internal async Task<string?> FindTicketAsync(Guid signUpId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await db.Set<SignUp>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == signUpId, cancellationToken);
        return signUp is null ? null : TicketOf(signUp);
    }

    /// <summary>The ticket of the newest sign-up with this address that waits for its code; null: there is none.</summary>
    internal async Task<string?> FindTicketAsync(string normalizedEmail, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await NewestAsync(db, normalizedEmail, cancellationToken);
        return signUp?.IsOpen(desk.Now) == true ? TicketOf(signUp) : null;
    }

    /// <summary>There is nothing to prove, and it takes as long as if there were.</summary>
    internal Refusal PretendToProve(string password)
    {
        hasher.HashPassword(s_nobody, password.Length <= PasswordRule.MaxLength ? password : "");
        return AccountRefusals.SignUpPasswordWrong;
    }

    /// <summary>A new code and link for the newest open sign-up of this address; the browser or program that began it goes on with what it holds.</summary>
    internal async Task RenewAsync(string normalizedEmail, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var signUp = await NewestAsync(db, normalizedEmail, cancellationToken);
        if (signUp?.IsOpen(desk.Now) == true)
        {
            await IssueAsync(db, signUp, TicketOf(signUp), cancellationToken);
        }
    }

    private async Task<Result<Confirmed>> ConfirmAsync(Func<SpoqDbContext, IQueryable<SignUp>> find, Func<SignUp, Refusal?> confirm, Caller caller, CancellationToken cancellationToken, string? ownPassword = null)
    {
        if (await desk.Limits.CodeAsync(caller, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var signUp = (await find(db).ToListAsync(cancellationToken)).SingleOrDefault();
        if (signUp is null)
        {
            return AccountRefusals.SignUpGone;
        }

        if (confirm(signUp) is { } no)
        {
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return no;
        }

        var user = ownPassword is null
            ? User.Confirmed(signUp.Id, signUp.Email, signUp.PasswordHash, desk.Now)
            : User.Confirmed(Guid.CreateVersion7(), signUp.Email, hasher.HashPassword(s_nobody, ownPassword), desk.Now);
        user.DisplayName = ownPassword is null ? signUp.Name : null;
        db.Users.Add(user);
        await administrators.GrantAsync(db, user, caller, cancellationToken);
        desk.Audit(db, user.Id, "account.created", "e-mail address confirmed", caller);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException clash) when (clash.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return AccountRefusals.AlreadyConfirmed;
        }

        await transaction.CommitAsync(cancellationToken);
        return new Confirmed(user.Id, ownPassword is null ? signUp.Next : null);
    }

    private async Task IssueAsync(SpoqDbContext db, SignUp signUp, string ticket, CancellationToken cancellationToken)
    {
        var code = Secret.NewCode();
        var link = Secret.New();
        signUp.KeepTicket(secrets.Seal(Encoding.UTF8.GetBytes(ticket), TicketPurpose));
        signUp.Issue(Secret.Hash(ticket), Secret.HashCode(ticket, code), Secret.Hash(link), desk.Now);
        await desk.MailLaterAsync(db, SignUpMailHandler.MailKind, new SignUpMail(signUp.Email, code, link), cancellationToken);
    }

    private static Task<SignUp?> NewestAsync(SpoqDbContext db, string normalizedEmail, CancellationToken cancellationToken) =>
        db.Set<SignUp>().Where(row => row.NormalizedEmail == normalizedEmail && row.ConfirmedAt == null).OrderByDescending(row => row.CreatedAt).FirstOrDefaultAsync(cancellationToken);

    private string TicketOf(SignUp signUp) => Encoding.UTF8.GetString(secrets.Open(signUp.SealedTicket, TicketPurpose));

    private static Task<SignUp?> FindAsync(SpoqDbContext db, string? ticket, CancellationToken cancellationToken)
    {
        var hash = Secret.Hash(ticket);
        return db.Set<SignUp>().SingleOrDefaultAsync(signUp => signUp.TicketHash == hash, cancellationToken);
    }
}
