using Microsoft.EntityFrameworkCore;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>What every service about access needs at hand: the time, the audit log, the limits and the grants.</summary>
public sealed class AccessDesk(Grants grants, AuditLog audit, RateLimiter limiter, TimeProvider clock)
{
    internal DateTimeOffset Now => clock.GetUtcNow();

    internal Grants Grants => grants;

    internal RateLimiter Limiter => limiter;

    internal void Audit(SpoqDbContext db, Guid? accountId, string action, string detail, Caller caller) =>
        audit.Add(db, new AuditEntry(accountId, action, detail, caller.Address, caller.UserAgent));

    /// <summary>Identity's lockout is for suspending by hand; a sign-up that is no account yet is not suspended.</summary>
    internal Task<bool> IsSuspendedAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken)
    {
        var now = Now;
        return db.Users.AnyAsync(user => user.Id == accountId && user.LockoutEnd > now, cancellationToken);
    }
}
