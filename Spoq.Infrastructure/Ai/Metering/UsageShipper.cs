using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Core.Ops;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Brings this node's spool to PostgreSQL, and those of processes that are no more. Runs on every node: the spool is its own disk.</summary>
internal sealed class UsageShipper(UsageMeter meter, UsageBooks books, IOptions<SpoolOptions> options, ILogger<UsageShipper> logger) : BackgroundService
{
    /// <summary>The most that a loss of power takes: an ended call is on the disk after it.</summary>
    private static readonly TimeSpan s_sync = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_ship = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_adopt = TimeSpan.FromSeconds(30);

    /// <summary>Beyond it a batch gets no cheaper, and memory stays bounded while much waits.</summary>
    private const int Batch = 2000;

    private readonly SemaphoreSlim _shipping = new(1, 1);
    private int _failures;

    /// <summary>Sends everything that waits.</summary>
    /// <returns>How many events were new in PostgreSQL.</returns>
    public Task<long> ShipAsync(CancellationToken cancellationToken) => ShipAsync(meter.Spool, cancellationToken);

    /// <summary>Sends what processes left behind that do not run any more.</summary>
    public async Task<long> AdoptAsync(CancellationToken cancellationToken)
    {
        long sent = 0;
        foreach (var directory in SpoolDirectory.TakeAbandoned(meter.Root))
        {
            using var left = new UsageSpool(directory, options.Value.SpoolMegabytes, mostCalls: 1);
            logger.LogInformation("Spool {Spool} was left behind by a process that is gone; its usage is sent", left.Name);
            sent += await ShipAsync(left, cancellationToken);
            left.Empty();
        }

        return sent;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await ShipAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            logger.LogWarning("Usage stays in the spool until the next start: {Reason}", error.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var syncing = Task.Factory.StartNew(() => SyncLoop(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        long adopted = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = s_ship;
            try
            {
                await ShipAsync(stoppingToken);
                if (adopted == 0 || Stopwatch.GetElapsedTime(adopted) > s_adopt)
                {
                    await AdoptAsync(stoppingToken);
                    adopted = Stopwatch.GetTimestamp();
                }

                if (_failures > 0)
                {
                    logger.LogInformation("Usage is sent again after {Failures} tries that failed", _failures);
                    _failures = 0;
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                if (_failures++ == 0)
                {
                    logger.LogWarning("Usage cannot be sent to PostgreSQL; it waits in the spool: {Reason}", error.Message);
                }

                wait = Backoff.After(_failures, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2), 1);
            }

            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await syncing;
    }

    private async Task<long> ShipAsync(UsageSpool spool, CancellationToken cancellationToken)
    {
        await _shipping.WaitAsync(cancellationToken);
        try
        {
            long sent = 0;
            while (spool.Next(Batch) is { } batch)
            {
                if (batch.Torn.Count > 0)
                {
                    logger.LogError("{Count} usage records are torn and cannot be counted; they are kept in {File}", batch.Torn.Count, spool.SetAside(batch.Torn));
                }

                sent += await EnterAsync(spool, batch.Records, cancellationToken);
                spool.Done(batch);
            }

            return sent;
        }
        finally
        {
            _shipping.Release();
        }
    }

    /// <summary>What PostgreSQL will never take is found by halving and set aside: it must not hold up the others.</summary>
    private async Task<long> EnterAsync(UsageSpool spool, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            return await books.EnterAsync(records, cancellationToken);
        }
        catch (PostgresException no) when (IsOfTheData(no))
        {
            if (records.Count == 1)
            {
                logger.LogError("PostgreSQL refuses the usage record {RequestId}: {Reason}. It is kept in {File}", records[0].RequestId, no.MessageText, spool.SetAside(records));
                return 0;
            }

            var half = records.Count / 2;
            return await EnterAsync(spool, [.. records.Take(half)], cancellationToken) + await EnterAsync(spool, [.. records.Skip(half)], cancellationToken);
        }
    }

    /// <summary>Classes 22 and 23 are about values; anything else is about the database and passes.</summary>
    private static bool IsOfTheData(PostgresException no) => no.SqlState.StartsWith("22", StringComparison.Ordinal) || no.SqlState.StartsWith("23", StringComparison.Ordinal);

    private void SyncLoop(CancellationToken stop)
    {
        var isBroken = false;
        while (!stop.WaitHandle.WaitOne(s_sync))
        {
            try
            {
                meter.Spool.Prepare();
                meter.Spool.Sync();
                if (isBroken)
                {
                    isBroken = false;
                    logger.LogInformation("The spool is synced again");
                }
            }
            catch (Exception error)
            {
                // Whatever it is, the next round may fare better; without this thread a loss of power would cost everything.
                if (!isBroken)
                {
                    isBroken = true;
                    logger.LogError("The spool cannot be synced; it is tried again: {Reason}", error.Message);
                }
            }
        }
    }

    public override void Dispose()
    {
        _shipping.Dispose();
        base.Dispose();
    }
}
