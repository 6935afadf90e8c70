using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops.Chores;

/// <summary>Runs what the clock asks for. A chore that fails is tried again with growing waits; none is forgotten over a restart.</summary>
public sealed class ChoreWorker(DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IChore> chores) : DueWorker(services, Chore.Table)
{
    private readonly Dictionary<string, IChore> _chores = chores.ToDictionary(chore => chore.Name);
    private readonly ILogger _logger = services.Logger;

    protected override int Slots => 2;

    /// <summary>A row for each chore that this version knows and the database does not.</summary>
    public async Task EnrolAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var names = _chores.Keys.ToArray();
        await db.Database.ExecuteSqlAsync(
            $"insert into chores (id, name, due_at, lease_token, attempts) select gen_random_uuid(), name, {Clock.GetUtcNow()}, 0, 0 from unnest({names}) as name on conflict (name) do nothing",
            cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nothing at start-up waits for this; a database that is away is asked again.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await EnrolAsync(stoppingToken);
                break;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                _logger.LogWarning("The chores could not be enrolled yet: {Reason}", error.Message);
                await Task.Delay(TimeSpan.FromSeconds(5), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await base.ExecuteAsync(stoppingToken);
    }

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Set<Chore>().AsNoTracking().SingleAsync(chore => chore.Id == claim.Id, cancellationToken);
        var mine = db.Set<Chore>().Where(chore => chore.Id == claim.Id && chore.LeaseToken == claim.LeaseToken);
        if (!_chores.TryGetValue(row.Name, out var chore))
        {
            // A version that knows it may run beside this one.
            await Queue.ReleaseAsync(claim, Clock.GetUtcNow() + TimeSpan.FromHours(1), cancellationToken);
            return;
        }

        try
        {
            await chore.RunAsync(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            var attempts = row.Attempts + 1;
            _logger.LogWarning(error, "The chore {Chore} failed at try {Attempt}", row.Name, attempts);
            var again = Clock.GetUtcNow() + Backoff.After(attempts, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(15), Random.Shared.NextDouble());
            await mine.ExecuteUpdateAsync(
                set => set.SetProperty(one => one.Attempts, attempts).SetProperty(one => one.DueAt, again).SetProperty(one => one.LeaseUntil, (DateTimeOffset?)null), cancellationToken);
            return;
        }

        var now = Clock.GetUtcNow();
        await mine.ExecuteUpdateAsync(
            set => set.SetProperty(one => one.Attempts, 0).SetProperty(one => one.DoneAt, now).SetProperty(one => one.DueAt, now + chore.Every)
                .SetProperty(one => one.LeaseUntil, (DateTimeOffset?)null),
            CancellationToken.None);
    }
}
