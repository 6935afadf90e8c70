using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Spoq.Infrastructure.Ops;

/// <summary>
/// A worker process is there while it holds a shared advisory lock: PostgreSQL lets go of it the moment the process
/// is gone, so nobody has to guess from the age of a row.
/// </summary>
internal sealed class WorkerPresence(NpgsqlDataSource source, ILogger<WorkerPresence> log, TimeProvider clock) : BackgroundService
{
    public const int LockClass = 1399877745;
    public const int LockObject = 1;
    private static readonly TimeSpan s_check = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception lost) when (lost is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
            {
                log.LogWarning(lost, "The worker's presence was lost with its connection; it is taken again");
                await Task.Delay(s_retry, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand($"select pg_advisory_lock_shared({LockClass}, {LockObject})", connection))
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        while (true)
        {
            await Task.Delay(s_check, clock, cancellationToken);
            await using var alive = new NpgsqlCommand("select 1", connection);
            await alive.ExecuteScalarAsync(cancellationToken);
        }
    }
}
