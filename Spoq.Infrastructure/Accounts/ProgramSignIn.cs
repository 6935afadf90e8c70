using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <summary>A program that is signed in, or is to be by a second factor: one of the two.</summary>
public sealed record ProgramSignedIn(Guid AccountId, IssuedTokens? Tokens, string? SecondFactorTicket);

/// <summary>
/// Sign-up and sign-in for programs: what a browser gets as a cookie they get as tokens. Whoever signs up holds
/// tokens of the sign-up at once; they open next to nothing until the address is confirmed, and for an address that
/// has an account they never will. So the answer tells nobody who has one.
/// </summary>
public sealed class ProgramSignIn(
    IDbContextFactory<SpoqDbContext> contexts, SignUpService signUps, LoginService logins, SecondFactorService secondFactor, Grants grants, TokenService tokens)
{
    private const string NameOfNobody = "API client";

    public async Task<Result<ProgramSignedIn>> RegisterAsync(string? email, string? password, string? name, Caller caller, CancellationToken cancellationToken)
    {
        if (!DisplayName.Check(name).Try(out var displayName, out var refusal)
            || !(await signUps.StartAsync(email, password, null, caller, cancellationToken)).Try(out var started, out refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (displayName.Length > 0)
        {
            await db.Set<SignUp>().Where(signUp => signUp.Id == started.SignUpId).ExecuteUpdateAsync(row => row.SetProperty(signUp => signUp.Name, displayName), cancellationToken);
        }

        return await OpenAsync(db, started.SignUpId, caller, cancellationToken);
    }

    public async Task<Result<ProgramSignedIn>> LogInAsync(string? email, string? password, Caller caller, CancellationToken cancellationToken)
    {
        if (!(await logins.LogInAsync(email, password, null, caller, cancellationToken)).Try(out var loggedIn, out var refusal))
        {
            return refusal;
        }

        if (loggedIn.SecondFactorTicket is { } ticket)
        {
            return new ProgramSignedIn(Guid.Empty, null, ticket);
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await OpenAsync(db, loggedIn.AccountId ?? loggedIn.Unconfirmed!.SignUpId, caller, cancellationToken);
    }

    public async Task<Result<ProgramSignedIn>> FinishAsync(string? ticket, string? code, Caller caller, CancellationToken cancellationToken)
    {
        if (!(await secondFactor.FinishAsync(ticket, code, caller, cancellationToken)).Try(out var accountId, out var refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await OpenAsync(db, accountId, caller, cancellationToken);
    }

    /// <summary>Ends what a token belongs to, whichever kind it is. Unknown ones are no error (RFC 7009, section 2.2).</summary>
    public async Task RevokeAsync(string? token, Guid? grantId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (grantId is null)
        {
            var hash = Secret.Hash(token);
            grantId = await db.Set<RefreshToken>().Where(row => row.TokenHash == hash).Select(row => (Guid?)row.GrantId).SingleOrDefaultAsync(cancellationToken);
        }

        if (grantId is { } found && await grants.RevokeAsync(db, found, "signed out", caller, cancellationToken))
        {
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    private async Task<ProgramSignedIn> OpenAsync(SpoqDbContext db, Guid accountId, Caller caller, CancellationToken cancellationToken)
    {
        var grant = grants.Open(db, accountId, FirstPartyClients.Api, Scopes.Account, UserAgent.Describe(caller.UserAgent) ?? NameOfNobody, caller);
        var issued = await tokens.IssueAsync(db, grant, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        return new ProgramSignedIn(accountId, issued, null);
    }
}
