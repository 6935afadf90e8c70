using System.Diagnostics;
using Npgsql;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>Jobs a second of the due-row worker (lease, fencing, heartbeat), against a bare <c>skip locked</c> loop.</summary>
internal static class ClaimBench
{
    private const int Jobs = 3000;
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        var fixture = new DatabaseFixture();
        await fixture.InitializeAsync();
        var ratios = new Dictionary<int, List<double>> { [1] = [], [2] = [] };
        var speeds = new Dictionary<string, List<double>>();
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var workers in ratios.Keys)
            {
                var bare = await TimeAsync(fixture, workers, BareAsync);
                var ours = await TimeAsync(fixture, workers, OursAsync);

                // The first round warms caches and the JIT.
                if (round > 0)
                {
                    ratios[workers].Add(ours / bare);
                    Keep(speeds, $"bare skip-locked loop, {workers} worker(s)", bare);
                    Keep(speeds, $"due-row worker, {workers} worker(s)", ours);
                }
            }
        }

        foreach (var (name, values) in speeds)
        {
            Console.WriteLine($"{name}: {values.Median():0} jobs/s");
        }

        foreach (var (workers, values) in ratios)
        {
            Console.WriteLine($"ratio ours/bare, {workers} worker(s): {values.Median():0.00} (median of {Rounds} interleaved rounds)");
        }

        await fixture.DisposeAsync();
    }

    private static void Keep(Dictionary<string, List<double>> speeds, string name, double value)
    {
        speeds.TryAdd(name, []);
        speeds[name].Add(value);
    }

    private static async Task<double> TimeAsync(DatabaseFixture fixture, int workers, Func<DatabaseFixture, Task> worker)
    {
        var source = fixture.Get<NpgsqlDataSource>();
        await using var fill = source.CreateCommand($"""
            truncate outbox;
            insert into outbox (id, kind, payload, created_at, due_at, lease_token, attempts)
            select gen_random_uuid(), 'bench', '', now(), '2026-01-01', 0, 0 from generate_series(1, {Jobs});
            analyze outbox
            """);
        await fill.ExecuteNonQueryAsync();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => worker(fixture))));
        return Jobs / watch.Elapsed.TotalSeconds;
    }

    private static async Task BareAsync(DatabaseFixture fixture)
    {
        await using var connection = await fixture.Get<NpgsqlDataSource>().OpenConnectionAsync();
        while (true)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var claim = new NpgsqlCommand("select id from outbox where due_at <= $1 order by due_at limit 1 for update skip locked", connection, transaction);
            claim.Parameters.Add(new() { Value = fixture.Clock.Now });
            if (await claim.ExecuteScalarAsync() is not Guid id)
            {
                return;
            }

            await using var finish = new NpgsqlCommand("update outbox set due_at = null where id = $1", connection, transaction);
            finish.Parameters.Add(new() { Value = id });
            await finish.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }
    }

    private static async Task OursAsync(DatabaseFixture fixture)
    {
        using var worker = new IdleWorker(fixture.Get<DueWorkerServices>());
        while (await worker.RunOnceAsync(CancellationToken.None) > 0)
        {
            // Until nothing is due.
        }
    }

    private sealed class IdleWorker(DueWorkerServices services) : DueWorker(services, OutboxMessage.Table)
    {
        protected override Task WorkAsync(Claim claim, CancellationToken cancellationToken) => Queue.ReleaseAsync(claim, null, cancellationToken);
    }
}
