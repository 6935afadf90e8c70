using Microsoft.EntityFrameworkCore;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Data;

namespace Spoq.Tests.Ai;

/// <summary>A paid plan without the instance and the checkout that come with it.</summary>
internal static class LonePlan
{
    public static async Task GiveAsync(SpoqDbContext db, Guid accountId, DateTimeOffset now)
    {
        await db.Database.OpenConnectionAsync();
        await db.Database.ExecuteSqlAsync($"set session_replication_role = replica");
        db.Add(new Subscription(Guid.CreateVersion7(), accountId, Guid.CreateVersion7(), Guid.CreateVersion7(), "basic", BillingInterval.Month, now));
        await db.SaveChangesAsync();
        await db.Database.ExecuteSqlAsync($"reset session_replication_role");
    }
}
