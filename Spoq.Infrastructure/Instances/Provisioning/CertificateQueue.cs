using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>
/// Meters new certificates: <c>Provisioning__CertificatesPerWeek</c> (45) in any seven days for all addresses together, first come,
/// first served. Whoever has no turn yet gets no address record, and without one no authority gives out anything. Renewals are not counted by authorities.
/// </summary>
internal sealed class CertificateQueue(IDbContextFactory<SpoqDbContext> contexts, IConfiguration configuration, TimeProvider clock)
{
    /// <summary>Let's Encrypt gives out 50 for a registered domain; some are left for people's own hands.</summary>
    private const int DefaultPerWeek = 45;

    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(10);

    /// <summary>Null: it is its turn, now or since an earlier visit.</summary>
    public async Task<StepOutcome?> TakeAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(7306, hashtext({CertificateTurnTable.Name}))", cancellationToken);
        var now = clock.GetUtcNow();
        var turns = db.Set<CertificateTurn>();
        var mine = await turns.SingleOrDefaultAsync(turn => turn.InstanceId == instance.Id, cancellationToken);
        if (mine is null)
        {
            mine = new CertificateTurn(instance.Id, now);
            db.Add(mine);
        }

        var outcome = mine.TakenAt is null ? await TakeAsync(db, mine, now, cancellationToken) : null;
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return outcome;
    }

    private async Task<StepOutcome?> TakeAsync(SpoqDbContext db, CertificateTurn mine, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var since = now - CertificateTurn.Window;
        var taken = await db.Set<CertificateTurn>().Where(turn => turn.TakenAt > since).OrderBy(turn => turn.TakenAt).Select(turn => turn.TakenAt!.Value).ToListAsync(cancellationToken);

        // Who was cancelled meanwhile is not waited for.
        var ahead = await db.Set<CertificateTurn>().CountAsync(
            turn => turn.TakenAt == null && turn.AskedAt < mine.AskedAt && db.Instances.Any(row => row.Id == turn.InstanceId && row.State == InstanceState.Provisioning), cancellationToken);
        var perWeek = configuration.GetValue<int?>("Provisioning:CertificatesPerWeek") ?? DefaultPerWeek;
        if (perWeek - taken.Count > ahead)
        {
            mine.Take(now);
            return null;
        }

        // The one that must grow old before it is this one's turn; beyond what is known nobody can say.
        var at = taken.Count - perWeek + ahead;
        var free = at < taken.Count && at >= 0 ? taken[at] + CertificateTurn.Window : now + CertificateTurn.Window;
        return new StepOutcome.NotYet(
            free - now < s_look && free > now ? free - now : s_look,
            $"Certificate authorities give our addresses {perWeek} new certificates a week, and those are used up. It is this computer's turn by {free:d MMMM, HH:mm} UTC; nothing has to be done until then.") { IsInLine = true };
    }
}
