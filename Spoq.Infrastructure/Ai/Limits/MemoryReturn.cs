using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Ai.Limits;

/// <summary>
/// Gives memory back when a crowd of bodies is gone: a process that is idle again collects nothing by itself, and would
/// hold what its busiest moment took for hours.
/// </summary>
public sealed class MemoryReturn(BodyBudget bodies, TimeProvider clock) : BackgroundService
{
    /// <summary>Less is what calls come and go with.</summary>
    public const long Crowd = 64 * 1024 * 1024;

    public static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Buffers of connections are let go of by their own pools only after a while.</summary>
    private const int LooksBetween = 4;

    private int _looksUntilAgain;

    /// <summary>One look; true: memory was given back.</summary>
    public bool RunOnce()
    {
        if (bodies.Held > Crowd / 8)
        {
            return false;
        }

        if (bodies.Peak >= Crowd)
        {
            bodies.Forget();
            _looksUntilAgain = LooksBetween;
            Collect();
            return true;
        }

        if (_looksUntilAgain == 0 || --_looksUntilAgain > 0)
        {
            return false;
        }

        Collect();
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                RunOnce();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>Stops the process for about as long as it has live memory (a tenth of a second for 200 MB): only after a crowd, and when it is gone.</summary>
    private static void Collect() => GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
