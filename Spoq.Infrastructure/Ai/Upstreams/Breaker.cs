namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>
/// Leaves an upstream alone that fails again and again: after some failures in a row for a second, then twice as long
/// each time that finding out fails, up to half a minute. When the time is over one request finds out; the others wait
/// for what it finds.
/// </summary>
/// <param name="patience">After how many failures in a row.</param>
internal sealed class Breaker(TimeProvider clock, int patience)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private int _failures;
    private int _rounds;
    private long _openUntil;

    /// <summary>Null: ask it. Else how long it is left alone.</summary>
    /// <param name="findsOut">This request is the one that finds out: it must tell what it found.</param>
    public TimeSpan? Wait(out bool findsOut)
    {
        findsOut = false;
        if (Interlocked.Read(ref _openUntil) == 0)
        {
            return null;
        }

        lock (_lock)
        {
            var now = clock.GetUtcNow().UtcTicks;
            if (_openUntil == 0)
            {
                return null;
            }

            if (now < _openUntil)
            {
                return TimeSpan.FromTicks(_openUntil - now);
            }

            // Whoever comes meanwhile still waits; not for ever, should this one never tell.
            Open(now, s_longest);
            findsOut = true;
            return null;
        }
    }

    public void Good()
    {
        if (Volatile.Read(ref _failures) == 0 && Interlocked.Read(ref _openUntil) == 0)
        {
            return;
        }

        lock (_lock)
        {
            _rounds = 0;
            Volatile.Write(ref _failures, 0);
            Interlocked.Exchange(ref _openUntil, 0);
        }
    }

    public void Bad(bool foundOut)
    {
        lock (_lock)
        {
            // What was under way when it was given up fails for the same reason, and is no further finding.
            if ((!foundOut && _openUntil != 0) || (++_failures < patience && !foundOut))
            {
                return;
            }

            Open(clock.GetUtcNow().UtcTicks, TimeSpan.FromSeconds(Math.Min(s_longest.TotalSeconds, Math.Pow(2, Math.Min(_rounds++, 10)))));
        }
    }

    /// <summary>It said itself for how long.</summary>
    public void Rest(TimeSpan time)
    {
        lock (_lock)
        {
            Open(clock.GetUtcNow().UtcTicks, time < s_longest ? time : s_longest);
        }
    }

    /// <summary>The one that was to find out was called off: the next one does.</summary>
    public void Unknown(bool wasToFindOut)
    {
        if (wasToFindOut)
        {
            lock (_lock)
            {
                Open(clock.GetUtcNow().UtcTicks, TimeSpan.Zero);
            }
        }
    }

    private void Open(long now, TimeSpan time) => Interlocked.Exchange(ref _openUntil, now + time.Ticks);
}
