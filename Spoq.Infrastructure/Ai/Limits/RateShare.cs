using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ai.Limits;

/// <summary>
/// Nodes decide from memory and tell each other four times a second what they took. So all nodes together let
/// through what the limit says and at most what arrives at the other nodes within <see cref="Tick"/> on top. While
/// PostgreSQL is away each node holds the limit for itself.
/// </summary>
public sealed class RateShare(NpgsqlDataSource source, TimeProvider clock, ILogger<RateShare> logger) : BackgroundService
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private const int MostAtOnce = 2_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<RateBucket> _changed = [];
    private readonly PatientReading _telling = new(s_patience);

    /// <summary>One round of telling and hearing.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var told = new List<(RateBucket Bucket, long Cost)>();
        while (told.Count < MostAtOnce && _changed.TryDequeue(out var bucket))
        {
            told.Add((bucket, bucket.TakeUntold()));
        }

        if (told.Count == 0)
        {
            return;
        }

        try
        {
            await TellAsync(told, cancellationToken);
        }
        catch
        {
            told.ForEach(row => row.Bucket.GiveBack(row.Cost, this));
            throw;
        }
    }

    internal void Queue(RateBucket bucket) => _changed.Enqueue(bucket);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, clock);
        while (await WaitAsync(timer, stoppingToken))
        {
            try
            {
                await _telling.RunAsync(RunOnceAsync, stoppingToken);
            }
            catch (Exception away) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogDebug(away, "The limits could not be shared; this node holds them for itself");
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task TellAsync(List<(RateBucket Bucket, long Cost)> told, CancellationToken cancellationToken)
    {
        // A bucket may have been queued twice; in the order of their keys, so that nodes never wait for each other in a circle.
        var rows = told.GroupBy(row => row.Bucket).Select(group => (Bucket: group.Key, Cost: group.Sum(row => row.Cost))).OrderBy(row => Convert.ToHexString(row.Bucket.SharedKey), StringComparer.Ordinal).ToList();
        var now = clock.GetUtcNow().UtcDateTime;
        await using var command = source.CreateCommand("""
            insert into rate_counters as c (key, full_at)
            select key, $3 + cost from unnest($1::bytea[], $2::interval[]) as taken (key, cost)
            on conflict (key) do update set full_at = greatest(c.full_at, $3) + (excluded.full_at - $3)
            returning key, full_at
            """);
        command.Parameters.Add(new() { Value = rows.Select(row => row.Bucket.SharedKey).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => TimeSpan.FromTicks(row.Cost)).ToArray() });
        command.Parameters.Add(new() { Value = now });
        var byKey = rows.ToDictionary(row => new Guid(row.Bucket.SharedKey), row => row.Bucket);
        await using var answer = await command.ExecuteReaderAsync(cancellationToken);
        while (await answer.ReadAsync(cancellationToken))
        {
            byKey[new Guid(answer.GetFieldValue<byte[]>(0))].Learn(answer.GetDateTime(1).Ticks);
        }
    }
}
