using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary><c>Admin__Email</c> names our own person; the role comes once that address is confirmed.</summary>
public sealed class Administrators(IConfiguration configuration, AuditLog audit)
{
    private readonly string? _email = configuration["Admin:Email"]?.Trim();

    internal async Task GrantAsync(SpoqDbContext db, User user, Caller caller, CancellationToken cancellationToken)
    {
        if (_email is not { Length: > 0 } || !user.EmailConfirmed || user.NormalizedEmail != User.Normalize(_email)
            || await db.UserRoles.AnyAsync(role => role.UserId == user.Id && role.RoleId == UserTable.AdminRoleId, cancellationToken))
        {
            return;
        }

        db.UserRoles.Add(new IdentityUserRole<Guid> { UserId = user.Id, RoleId = UserTable.AdminRoleId });
        audit.Add(db, new AuditEntry(user.Id, "account.role_granted", "admin, by Admin__Email", caller.Address, caller.UserAgent));
    }
}
