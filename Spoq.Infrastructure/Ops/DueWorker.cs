using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Spoq.Infrastructure.Ops;

/// <summary>
/// The dull loop around a <see cref="DueQueue"/>: claim, work in parallel slots, keep leases alive, wait for a
/// notice or the next due row. What the work is stands in <see cref="WorkAsync"/>, which must be safe to run twice.
/// </summary>
public abstract class DueWorker(DueWorkerServices services, string table) : BackgroundService
{
    /// <summary>Polling is only the safety net under notices.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Claim, Task> _running = [];
    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>The channel that wakes workers of a table; notify it in the transaction that makes a row due.</summary>
    public static string WakeChannel(string table) => $"due_{table}";

    protected DueQueue Queue { get; } = new(services.Source, table);

    protected TimeProvider Clock => services.Clock;

    protected virtual int Slots => 8;

    protected virtual TimeSpan Lease => TimeSpan.FromSeconds(30);

    /// <summary>One visit of one row. It must end by releasing the claim, guarded by its lease token.</summary>
    protected abstract Task WorkAsync(Claim claim, CancellationToken cancellationToken);

    /// <summary>When to look again after a visit that threw.</summary>
    protected virtual TimeSpan AfterBug => TimeSpan.FromSeconds(15);

    /// <summary>Claims what is due now and works it off; returns how many rows that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var claims = await Queue.ClaimAsync(Slots, Clock.GetUtcNow(), Lease, cancellationToken);
        await Task.WhenAll(claims.Select(claim => VisitAsync(claim, cancellationToken)));
        return claims.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var notices = services.Notices.Listen(WakeChannel(table), _ => Wake());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                services.Logger.LogWarning(error, "The {Table} worker could not look for work; it tries again", table);
                await WaitAsync(s_poll, stoppingToken);
            }
        }

        await Task.WhenAll(_running.Values);
    }

    private async Task TurnAsync(CancellationToken stoppingToken)
    {
        var free = Slots - _running.Count;
        if (free <= 0)
        {
            await WaitAsync(s_poll, stoppingToken);
            return;
        }

        var claims = await Queue.ClaimAsync(free, Clock.GetUtcNow(), Lease, stoppingToken);
        foreach (var claim in claims)
        {
            // The slot is written down before the visit may end and give it back.
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _running[claim] = RunInSlotAsync(claim, written.Task, stoppingToken);
            written.SetResult();
        }

        if (claims.Count == free)
        {
            return;
        }

        var next = await Queue.NextDueAsync(stoppingToken);
        var wait = next is { } at && at - Clock.GetUtcNow() < s_poll ? at - Clock.GetUtcNow() : s_poll;
        await WaitAsync(wait < TimeSpan.FromMilliseconds(5) ? TimeSpan.FromMilliseconds(5) : wait, stoppingToken);
    }

    private async Task RunInSlotAsync(Claim claim, Task written, CancellationToken stoppingToken)
    {
        await written;
        try
        {
            await VisitAsync(claim, stoppingToken);
        }
        finally
        {
            _running.TryRemove(claim, out _);
            Wake();
        }
    }

    private async Task VisitAsync(Claim claim, CancellationToken stoppingToken)
    {
        // Each renewal moves this on: while the database is out of reach, another node may take the row, and this visit ends.
        using var work = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        work.CancelAfter(Lease);
        using var done = new CancellationTokenSource();
        var heartbeat = KeepLeaseAsync(claim, work, done.Token);
        try
        {
            await WorkAsync(claim, work.Token);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            services.Logger.LogInformation("A visit of {Table} {Id} was interrupted; whoever claims it next goes on", table, claim.Id);
            await ReleaseQuietlyAsync(claim, TimeSpan.Zero);
        }
        catch (Exception error)
        {
            services.Logger.LogError(error, "A visit of {Table} {Id} failed; it is looked at again", table, claim.Id);
            await ReleaseQuietlyAsync(claim, AfterBug);
        }
        finally
        {
            await done.CancelAsync();
            await heartbeat;
        }
    }

    private async Task KeepLeaseAsync(Claim claim, CancellationTokenSource work, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await Task.Delay(Lease / 3, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (!await Queue.RenewAsync(claim, Clock.GetUtcNow(), Lease, done))
                {
                    await work.CancelAsync();
                    return;
                }

                work.CancelAfter(Lease);
            }
            catch (Exception error) when (error is NpgsqlException or OperationCanceledException)
            {
                // Tried again while the lease lasts; the visit's writes are fenced either way.
            }
        }
    }

    private async Task ReleaseQuietlyAsync(Claim claim, TimeSpan wait)
    {
        try
        {
            await Queue.ReleaseAsync(claim, Clock.GetUtcNow() + wait, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The lease runs out by itself.
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stoppingToken) => await _wake.WaitAsync(wait, stoppingToken);

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What every worker needs.</summary>
public sealed class DueWorkerServices(NpgsqlDataSource source, Notices notices, TimeProvider clock, ILogger<DueWorker> logger)
{
    public NpgsqlDataSource Source => source;

    public Notices Notices => notices;

    public TimeProvider Clock => clock;

    public ILogger Logger => logger;
}
