using Microsoft.EntityFrameworkCore;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Devices;

/// <summary>One change to an account's profiles and devices at a time, so that what is counted holds until the commit; the unique indexes stand behind it.</summary>
internal static class AccountLock
{
    /// <summary>Held until the transaction ends. "No key" lets rows that refer to the account be added meanwhile.</summary>
    public static Task TakeAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync($"select 1 from users where id = {accountId} for no key update", cancellationToken);
}
