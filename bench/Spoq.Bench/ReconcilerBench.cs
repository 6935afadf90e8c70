using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>
/// The engine with 10,000 computers that are well (each is looked at every 15 to 60 s), and with 1,000 that have something to do at
/// the same instant, beside a bare <c>skip locked</c> loop with as many connections. Its provider answers at once: what is left is ours.
/// </summary>
internal static class ReconcilerBench
{
    private const int Idle = 10_000;
    private const int Due = 1_000;
    private const int Rounds = 5;
    private const int Slots = 8;

    private static readonly TimeSpan s_watch = TimeSpan.FromMinutes(1);

    public static async Task RunAsync()
    {
        var fixture = new Fixture();
        await fixture.InitializeAsync();
        var account = await fixture.AddAccountAsync();
        await IdleAsync(fixture, account);
        await DueAsync(fixture, account);
        await fixture.DisposeAsync();
    }

    private static async Task IdleAsync(Fixture fixture, Guid account)
    {
        using var queries = new QueryCount();
        var worker = fixture.Get<ProvisioningWorker>();
        await worker.StartAsync(CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var empty = Megabytes();
        var (_, quiet, _, _) = await WatchAsync(fixture, queries, TimeSpan.FromSeconds(20));
        await fixture.AddAsync(account, Idle, "'running', null, null, null", "now() + random() * interval '60 seconds'");

        // A round of looks first, so that the minute that counts is one of many.
        await Task.Delay(s_watch);
        var (seconds, each, ours, theirs) = await WatchAsync(fixture, queries, s_watch);
        var late = await fixture.NumberAsync("select count(*) from instances where due_at < now() - interval '2 seconds'");
        Console.WriteLine($"{Idle:N0} computers at rest: {ours / seconds * 60:0.0} s of CPU a minute, PostgreSQL {theirs / seconds * 60:0.0} s; {each / seconds:0} queries/s (none at all: {quiet / 20.0:0.0}); {late} looks late by more than 2 s");
        Console.WriteLine($"memory of the process: {Megabytes():0} MB resident, {empty:0} MB without a computer");
        await worker.StopAsync(CancellationToken.None);
        await fixture.DoAsync("truncate instances cascade");
    }

    private static async Task DueAsync(Fixture fixture, Guid account)
    {
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            await FillBareAsync(fixture);
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Slots).Select(_ => Task.Run(() => BareAsync(fixture))));
            var loop = Due / watch.Elapsed.TotalSeconds;

            await fixture.AddAsync(account, Due, "'stopping', 'stop', 'stop_server', now() + interval '1 hour'", "now()");
            await fixture.DoAsync("analyze instances");
            var worker = fixture.Get<ProvisioningWorker>();
            watch.Restart();
            while (await worker.RunOnceAsync(CancellationToken.None) > 0)
            {
                // Until nothing is due.
            }

            var drained = Due / watch.Elapsed.TotalSeconds;
            var left = await fixture.NumberAsync("select count(*) from instances where state <> 'stopped'");
            if (left > 0)
            {
                throw new InvalidOperationException($"{left} of {Due} computers are not off.");
            }

            await fixture.DoAsync("truncate instances cascade");

            // The first round warms caches and the JIT.
            if (round > 0)
            {
                ours.Add(drained);
                bare.Add(loop);
            }
        }

        Console.WriteLine($"{Due:N0} due at once, each with one step: drained in {Due / ours.Median():0.00} s, {ours.Median():0} jobs/s, each with its step, its event and its notice in one transaction");
        Console.WriteLine($"bare skip-locked loop, {Slots} connections: {bare.Median():0} jobs/s; ratio {ours.Zip(bare, (a, b) => a / b).Median():0.00} (median of {Rounds} interleaved rounds)");
    }

    private static Task FillBareAsync(Fixture fixture) => fixture.DoAsync($"""
        truncate outbox;
        insert into outbox (id, kind, payload, created_at, due_at, lease_token, attempts)
        select gen_random_uuid(), 'bench', '', now(), '2026-01-01', 0, 0 from generate_series(1, {Due});
        analyze outbox
        """);

    /// <summary>The loop of <see cref="ClaimBench"/>.</summary>
    private static async Task BareAsync(Fixture fixture)
    {
        await using var connection = await fixture.Get<NpgsqlDataSource>().OpenConnectionAsync();
        while (true)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var claim = new NpgsqlCommand("select id from outbox where due_at <= now() order by due_at limit 1 for update skip locked", connection, transaction);
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

    private static async Task<(double Seconds, long Queries, double Ours, double Theirs)> WatchAsync(Fixture fixture, QueryCount queries, TimeSpan time)
    {
        using var me = Process.GetCurrentProcess();
        var (count, ours, theirs) = (queries.Count, me.TotalProcessorTime, await fixture.PostgresSecondsAsync());
        var watch = Stopwatch.StartNew();
        await Task.Delay(time);
        me.Refresh();
        return (watch.Elapsed.TotalSeconds, queries.Count - count, (me.TotalProcessorTime - ours).TotalSeconds, await fixture.PostgresSecondsAsync() - theirs);
    }

    private static double Megabytes() => ShippedConductor.MegabytesOf(Environment.ProcessId);

    private sealed class QueryCount : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _count;

        public QueryCount()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Npgsql" && instrument.Name is "db.client.operation.duration" or "db.client.commands.duration")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _count));
            _listener.Start();
        }

        public long Count => Interlocked.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Fixture : DatabaseFixture
    {
        public Task AddAsync(Guid account, int count, string state, string due) => DoAsync($"""
            insert into instances (id, account_id, address, hostname, username, plan, region, provider, state, road, step, step_deadline, due_at,
                state_since, step_started_at, attempts, lease_token, created_at, paid_at, ready_at, server_reference, server_mark, endpoint)
            select id, '{account}', name, name || '.localhost', 'alice', 'cloud', 'here', '{AtOnce.Key}', {state}, {due},
                now(), now(), 0, 0, now(), now(), now(), name, id, 'http://127.0.0.1:9'
            from (select gen_random_uuid() as id, 'b' || n as name from generate_series(1, {count}) n) made
            """);

        public async Task DoAsync(string sql)
        {
            await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        public async Task<long> NumberAsync(string sql)
        {
            await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
            return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        }

        /// <summary>Of the whole cluster: what runs, and what has ended.</summary>
        public async Task<double> PostgresSecondsAsync()
        {
            var backend = await NumberAsync("select pg_backend_pid()");
            var postmaster = Stat(backend)![1];
            var ticks = Stat(postmaster)![11..15].Sum();
            foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => long.TryParse(Path.GetFileName(path), out _)))
            {
                if (Stat(long.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)) is { } child && child[1] == postmaster)
                {
                    ticks += child[11] + child[12];
                }
            }

            return ticks / 100.0;
        }

        /// <summary>Fields of proc(5) after the name: the parent is at 1, the four times from 11 on. Null: it has ended.</summary>
        private static long[]? Stat(long pid)
        {
            try
            {
                return [.. File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ').Select(field => long.TryParse(field, CultureInfo.InvariantCulture, out var number) ? number : 0)];
            }
            catch (IOException)
            {
                return null;
            }
        }

        protected override void Configure(HostApplicationBuilder builder)
        {
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<IServerProvider, AtOnce>();
        }
    }

    /// <summary>A cloud that has done everything before it is asked.</summary>
    private sealed class AtOnce : IServerProvider
    {
        public const string Key = "at-once";

        private bool _isOff;

        public string Name => Key;

        public ServerCapabilities Capabilities => ServerCapabilities.Delete;

        public TimeSpan LookupLag => TimeSpan.Zero;

        public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ServerRegion>>([]);

        public Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => Task.FromResult<Server?>(null);

        public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ListedServer>>([]);

        public Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) =>
            Task.FromResult<Server?>(new Server(reference, _isOff ? ServerPower.Stopped : ServerPower.Running, "http://127.0.0.1:9", "127.0.0.1", null));

        public Task StartAsync(string reference, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(string reference, CancellationToken cancellationToken)
        {
            _isOff = true;
            return Task.CompletedTask;
        }

        public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken) => Task.FromResult<ServerEnd>(new ServerEnd.Gone());
    }
}
