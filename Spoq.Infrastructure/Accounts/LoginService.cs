using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <summary>
/// The first step is done. One of the three: an account; a ticket for <see cref="SecondFactorService.FinishAsync"/>, where
/// the account has two-factor; or a sign-up whose address is still to be confirmed.
/// </summary>
public sealed record LoggedIn(Guid? AccountId, SignUpStarted? Unconfirmed, string? SecondFactorTicket = null);

/// <summary>Checks an e-mail address and password. One hash is computed whatever there is, so that time tells nothing.</summary>
public sealed class LoginService(IDbContextFactory<SpoqDbContext> contexts, IPasswordHasher<User> hasher, AccountDesk desk, SignUpService signUps, Welcome welcome)
{
    private static readonly User s_nobody = new();

    private readonly Lazy<string> _nobodysHash = new(() => hasher.HashPassword(s_nobody, Secret.New()));

    /// <param name="email">As typed.</param>
    /// <param name="password">As typed.</param>
    /// <param name="knownAccountId">The account that this browser last signed in to, from its own sealed cookie.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Result<LoggedIn>> LogInAsync(string? email, string? password, Guid? knownAccountId, Caller caller, CancellationToken cancellationToken)
    {
        if (!EmailAddress.Check(email).Try(out var address, out var no))
        {
            return no;
        }

        if (string.IsNullOrEmpty(password))
        {
            return AccountRefusals.PasswordMissing;
        }

        var normalized = User.Normalize(address);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.SingleOrDefaultAsync(row => row.NormalizedEmail == normalized, cancellationToken);
        var isKnown = user is not null && user.Id == knownAccountId;
        if (await desk.Limits.LoginAsync(caller, address, isKnown, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        var signUp = await db.Set<SignUp>().AsNoTracking().Where(row => row.NormalizedEmail == normalized && row.ConfirmedAt == null)
            .OrderByDescending(row => row.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        var verified = Verify(user is null ? signUp?.PasswordHash : user.PasswordHash, password);
        if (verified == PasswordVerificationResult.Failed || (user is null && !signUp!.IsOpen(desk.Now)))
        {
            desk.Audit(db, user?.Id, "account.sign_in_failed", user is null ? "no such account" : "wrong password", caller);
            await db.SaveChangesAsync(cancellationToken);
            return AccountRefusals.WrongLogin;
        }

        return user is null
            ? new LoggedIn(null, await signUps.ReopenAsync(signUp!.Id, caller, cancellationToken))
            : await WelcomeAsync(db, user, verified == PasswordVerificationResult.SuccessRehashNeeded ? password : null, caller, cancellationToken);
    }

    private async Task<Result<LoggedIn>> WelcomeAsync(SpoqDbContext db, User user, string? rehash, Caller caller, CancellationToken cancellationToken)
    {
        if (rehash is not null)
        {
            user.PasswordHash = hasher.HashPassword(user, rehash);
        }

        var answer = await welcome.InAsync(db, user, SignInMethod.Password, caller, cancellationToken);
        await desk.Limits.SignedInAsync(caller, user.Email!, cancellationToken);
        return answer;
    }

    private PasswordVerificationResult Verify(string? hash, string password)
    {
        var bounded = password.Length <= PasswordRule.MaxLength;
        var result = hasher.VerifyHashedPassword(s_nobody, hash ?? _nobodysHash.Value, bounded ? password : "");
        return hash is null || !bounded ? PasswordVerificationResult.Failed : result;
    }
}
