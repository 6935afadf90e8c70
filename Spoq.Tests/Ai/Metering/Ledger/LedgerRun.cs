using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <param name="Calls">How many are made.</param>
/// <param name="Kills">How often the server is killed with SIGKILL on the way, and started again on the same spool.</param>
internal sealed record LedgerPlan(int Calls, int Seed, int Workers, int Kills, int Stops, int Outages);

/// <summary>A real server between clients and upstreams that go wrong, while it is killed, stopped and cut off from PostgreSQL.</summary>
internal sealed class LedgerRun(LedgerPlan plan) : IAsyncDisposable
{
    private static readonly TimeSpan s_hung = TimeSpan.FromSeconds(90);

    private readonly LedgerCall?[] _calls = new LedgerCall?[plan.Calls];
    private readonly ConcurrentBag<double> _latencies = [];
    private readonly ConcurrentBag<Task> _sampling = [];
    private readonly ConcurrentDictionary<int, Func<Task>> _weather = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, MaxResponseDrainSize = 0, ResponseDrainTimeout = TimeSpan.Zero, MaxConnectionsPerServer = 4096 }) { Timeout = Timeout.InfiniteTimeSpan };
    private volatile TaskCompletionSource _up = new();
    private LedgerUpstream _upstream = null!;
    private DatabaseDoor _door = null!;
    private SpoqServer _server = null!;
    private string _database = "";
    private NpgsqlDataSource _books = null!;
    private readonly SemaphoreSlim _storm = new(1, 1);
    private volatile bool _isDown;
    private int _next = -1;
    private int _storms;

    public async Task<LedgerSheet> RunAsync()
    {
        await StartAsync();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, plan.Workers).Select(WorkAsync));
        var took = watch.Elapsed;
        await Task.WhenAll(_sampling);

        await _server.StopAsync();
        await NextStartAsync();
        return new LedgerSheet(plan, took, [.. _calls.OfType<LedgerCall>()], await LedgerEvent.ReadAsync(_books), await UsageWorld.WrongSumsAsync(_books), [.. _latencies]);
    }

    public async ValueTask DisposeAsync()
    {
        _storm.Dispose();
        _http.Dispose();
        await _books.DisposeAsync();
        await _server.DisposeAsync();
        await _door.DisposeAsync();
        await _upstream.DisposeAsync();
        await TestCluster.DropAsync(_database);
    }

    private async Task StartAsync()
    {
        _upstream = await LedgerUpstream.StartAsync(number => _calls[number]!, () => _isDown);
        _database = await TestCluster.CreateDatabaseAsync();
        _books = NpgsqlDataSource.Create(_database);
        _door = new DatabaseDoor(_database);
        _server = await SpoqServer.NewAsync(new Dictionary<string, string>(LedgerSettings.Of(_upstream.BaseUrl, plan.Workers)) { ["ConnectionStrings__Spoq"] = _door.ConnectionString });
        using var customer = await ApiClient.SignedUpAsync(_server);
        using var made = await customer.PostAsync("/v1/api-keys", new { name = "ledger", scopes = new[] { "ai" } });
        var key = await ApiClient.JsonAsync(made, HttpStatusCode.Created);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
        await using (var cap = _books.CreateCommand("insert into usage_caps (account_id, monthly_cap, set_at) select id, 100000000000, now() from users"))
        {
            await cap.ExecuteNonQueryAsync();
        }

        _up.SetResult();
        Forecast();
    }

    /// <summary>What a stop leaves in the spool is the next start's, which does this first.</summary>
    private async Task NextStartAsync()
    {
        var options = Options.Create(new SpoolOptions { SpoolDirectory = Path.Combine(_server.DataDirectory, "usage-spool") });
        using var meter = new UsageMeter(options, TimeProvider.System, NullLogger<UsageMeter>.Instance);
        using var shipper = new UsageShipper(meter, new UsageBooks(_books, TimeProvider.System), options, NullLogger<UsageShipper>.Instance);
        await shipper.ShipAsync(CancellationToken.None);
        await shipper.AdoptAsync(CancellationToken.None);
    }

    /// <summary>Each kind of weather comes when the run has come to a call that chance chose.</summary>
    private void Forecast()
    {
        var dice = new Random(plan.Seed);
        var kinds = Enumerable.Repeat(KillAsync, plan.Kills).Concat(Enumerable.Repeat(StopAsync, plan.Stops)).Concat(Enumerable.Repeat(OutageAsync, plan.Outages)).ToArray();
        dice.Shuffle(kinds);
        for (var at = 0; at < kinds.Length; at++)
        {
            // One after the other: each has its own stretch of the run, and the last third of that to recover in.
            var stretch = plan.Calls / kinds.Length;
            _weather[(stretch * at) + (stretch / 10) + dice.Next(stretch / 2)] = kinds[at];
        }
    }

    private Task KillAsync() => RestartAsync(_server.KillAsync);

    private Task StopAsync() => RestartAsync(_server.StopAsync);

    private async Task RestartAsync(Func<Task> end)
    {
        _up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await end();
        _isDown = true;
        await StartAgainAsync();
        _isDown = false;
        _up.SetResult();
    }

    /// <summary>While it was away its port may have been somebody's, as the near end of a connection.</summary>
    private async Task StartAgainAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _server.StartAsync();
                return;
            }
            catch (Exception late) when (attempt < 5 && late is InvalidOperationException or TimeoutException)
            {
                await _server.KillAsync();
            }
        }
    }

    /// <summary>Until so many calls more were made without PostgreSQL.</summary>
    private async Task OutageAsync()
    {
        _door.Shut();
        var until = Math.Min(plan.Calls - 1, Volatile.Read(ref _next) + (plan.Calls / (4 * (plan.Kills + plan.Stops + plan.Outages))));
        await Eventually.TrueAsync(() => Volatile.Read(ref _next) >= until, "calls to be made while PostgreSQL is away", s_hung);
        _door.Open();
    }

    private async Task WorkAsync(int worker)
    {
        while (Interlocked.Increment(ref _next) is var number && number < plan.Calls)
        {
            var storm = _weather.TryRemove(number, out var weather) ? StormAsync(weather) : Task.CompletedTask;
            await _up.Task;
            var call = _calls[number] = new LedgerCall(number, worker, plan.Seed);
            using var hung = new CancellationTokenSource(s_hung);
            await LedgerClient.AskAsync(_http, _server.BaseUrl, call, hung.Token);
            if (number % Math.Min(plan.Calls / 25, 250) == 1 && call.IsComplete && call.RequestId is not null && _storms == 0)
            {
                _sampling.Add(SampleAsync(call));
            }

            await storm;
        }
    }

    private async Task StormAsync(Func<Task> weather)
    {
        Interlocked.Increment(ref _storms);
        await _storm.WaitAsync();
        try
        {
            await weather();
        }
        catch (Exception broken)
        {
            // Nobody waits for a server that does not come back.
            _up.TrySetException(broken);
            throw;
        }
        finally
        {
            _storm.Release();
        }

        Interlocked.Decrement(ref _storms);
    }

    /// <summary>From the end of an answer to its event in PostgreSQL, as anybody can read it there.</summary>
    private async Task SampleAsync(LedgerCall call)
    {
        var since = Stopwatch.StartNew();
        await using var command = _books.CreateCommand("select exists (select 1 from usage_events where started_at >= $1 and request_id = $2)");
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = call.StartedAt.UtcDateTime.AddSeconds(-1) });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = call.RequestId!.Value });
        var stormy = false;
        while (call.Status == 200 && !(bool)(await command.ExecuteScalarAsync())! && since.Elapsed < s_hung)
        {
            stormy |= _storms > 0;
            await Task.Yield();
        }

        if (!stormy && call.Status == 200)
        {
            _latencies.Add(since.Elapsed.TotalMilliseconds);
        }
    }
}
