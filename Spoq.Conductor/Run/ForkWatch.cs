using System.Collections.Concurrent;
using System.Globalization;

namespace Spoq.Conductor.Run;

/// <summary>A command started more processes at once than this computer lets it; all of them were ended.</summary>
internal sealed class TooManyProcessesException() : Exception($"It ran more than {ForkWatch.MostProcesses} processes at once, so all of them were ended.");

/// <summary>
/// Ends commands that fork without end before they fill the machine. A limit of the kernel's for each user (RLIMIT_NPROC)
/// would count the Conductor and all else of that user along, and end them too.
/// </summary>
/// <remarks>
/// A glance counts the processes of the machine; only when there are many more than at first is it looked whose they are.
/// What a finished command left behind stays watched until it is gone.
/// </remarks>
internal sealed class ForkWatch(TimeProvider clock, ILogger<ForkWatch> log) : IDisposable
{
    public const int MostProcesses = 256;

    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(100);
    private const int GlancesToAll = 50;

    private readonly ConcurrentDictionary<string, Watched> _watched = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _starting = new();
    private Task? _looking;

    public Watched Watch(string marker)
    {
        var watched = _watched[marker] = new Watched();
        lock (_starting)
        {
            if (_looking is null or { IsCompleted: true })
            {
                _looking = Task.Run(LookAsync);
            }
        }

        return watched;
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(s_glance, clock);
        var few = Count();
        for (var glance = 1; await NextAsync(timer); glance++)
        {
            try
            {
                var now = Count();
                few = Math.Min(few, now);
                if (now - few > MostProcesses / 2 || glance % GlancesToAll == 0)
                {
                    LookCloser();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // No file was free just now; the next glance is near.
            }

            lock (_starting)
            {
                if (_watched.IsEmpty)
                {
                    // Under the lock: whoever comes next sees that nobody looks any more.
                    _looking = null;
                    return;
                }
            }
        }
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopped.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void LookCloser()
    {
        // Before it is counted: one that begins and ends meanwhile has left something behind that the count does not know.
        var over = _watched.Where(pair => pair.Value.IsOver).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var counts = ProcessTree.CountByMarker(_watched.Keys);
        foreach (var (marker, watched) in _watched)
        {
            var count = counts.GetValueOrDefault(marker);
            if (count > MostProcesses)
            {
                log.LogWarning("A command ran {Count} processes at once and was ended.", count);
                watched.End();
                ProcessTree.Kill(null, marker);
            }
            else if (count > 0 && watched.IsEnded)
            {
                // In the middle of its exec a process shows no environment, and was passed over.
                ProcessTree.Kill(null, marker);
            }
            else if (count == 0 && over.Contains(marker))
            {
                _watched.TryRemove(marker, out _);
            }
        }
    }

    private static int Count() =>
        OperatingSystem.IsLinux() ? Directory.EnumerateDirectories("/proc").Count(folder => int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out _)) : 0;

    /// <summary>One command: disposed of when it has ended.</summary>
    internal sealed class Watched : IDisposable
    {
        private readonly CancellationTokenSource _tooMany = new();
        private volatile bool _isOver;

        /// <summary>It ran too many processes and was ended.</summary>
        public CancellationToken TooMany => _tooMany.Token;

        public bool IsEnded => _tooMany.IsCancellationRequested;

        public bool IsOver => _isOver;

        public void End() => _tooMany.Cancel();

        public void Dispose() => _isOver = true;
    }
}
