using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <summary>How many keys open an account; the last one is never taken away.</summary>
public sealed record WaysIn(bool HasPassword, int Passkeys, int Logins)
{
    public int Count => (HasPassword ? 1 : 0) + Passkeys + Logins;

    /// <summary>Counts with the account's row locked, so that two removals at once do not both leave the other as the last.</summary>
    internal static async Task<WaysIn> LockAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync($"select 1 from users where id = {accountId} for update", cancellationToken);
        return await CountAsync(db, accountId, cancellationToken);
    }

    internal static async Task<WaysIn> CountAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken) => new(
        await db.Users.AnyAsync(user => user.Id == accountId && user.PasswordHash != null, cancellationToken),
        await db.Set<IdentityUserPasskey<Guid>>().CountAsync(passkey => passkey.UserId == accountId, cancellationToken),
        await db.UserLogins.CountAsync(login => login.UserId == accountId, cancellationToken));
}
