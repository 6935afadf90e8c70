using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <summary>What every way in comes to once its proof is good: suspended, a second step, or in.</summary>
public sealed class Welcome(SecondFactorService secondFactor, Administrators administrators, AccountDesk desk)
{
    /// <summary>Saves the caller's work.</summary>
    internal async Task<Result<LoggedIn>> InAsync(SpoqDbContext db, User user, string method, Caller caller, CancellationToken cancellationToken)
    {
        // Identity's lockout is for suspending by hand; wrong passwords are counted by the limits.
        if (user.LockoutEnd > desk.Now)
        {
            desk.Audit(db, user.Id, "account.sign_in_failed", "suspended", caller);
            await db.SaveChangesAsync(cancellationToken);
            return AccountRefusals.Suspended;
        }

        await administrators.GrantAsync(db, user, caller, cancellationToken);

        // A passkey is the device and its owner's finger or PIN: two factors by itself.
        if (user.TwoFactorEnabled && method != SignInMethod.Passkey)
        {
            var ticket = secondFactor.Issue(db, user.Id, method);
            await db.SaveChangesAsync(cancellationToken);
            return new LoggedIn(null, null, ticket);
        }

        desk.Audit(db, user.Id, "account.signed_in", "by " + SignInMethod.Describe(method), caller);
        await db.SaveChangesAsync(cancellationToken);
        return new LoggedIn(user.Id, null);
    }
}
