namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>
/// Leaves an upstream alone that fails again and again: after some failures in a row for a second, then twice as long
/// each time, up to half a minute. When the time is over one request finds out; the others wait for what it finds.
/// </summary>
/// <param name="patience">After how many failures in a row.</param>
internal sealed class Breaker(TimeProvider clock, int patience)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    private int _failures;
    private long _openUntil;

    /// <summary>Null: ask it. Else how long it is left alone.</summary>
    public TimeSpan? Wait()
    {
        var until = Interlocked.Read(ref _openUntil);
        if (until == 0)
        {
            return null;
        }

        var now = clock.GetUtcNow().UtcTicks;
        if (now < until)
        {
            return TimeSpan.FromTicks(until - now);
        }

        // This one finds out; whoever comes meanwhile still waits.
        return Interlocked.CompareExchange(ref _openUntil, now + s_longest.Ticks, until) == until ? null : TimeSpan.FromSeconds(1);
    }

    public void Good()
    {
        if (Volatile.Read(ref _failures) != 0 || Interlocked.Read(ref _openUntil) != 0)
        {
            Volatile.Write(ref _failures, 0);
            Interlocked.Exchange(ref _openUntil, 0);
        }
    }

    public void Bad()
    {
        var failures = Interlocked.Increment(ref _failures);
        if (failures >= patience)
        {
            var seconds = Math.Min(s_longest.TotalSeconds, Math.Pow(2, Math.Min(failures - patience, 10)));
            Interlocked.Exchange(ref _openUntil, clock.GetUtcNow().UtcTicks + TimeSpan.FromSeconds(seconds).Ticks);
        }
    }

    /// <summary>It said itself for how long.</summary>
    public void Rest(TimeSpan time) =>
        Interlocked.Exchange(ref _openUntil, clock.GetUtcNow().UtcTicks + (time < s_longest ? time : s_longest).Ticks);

    /// <summary>The one that was to find out was called off.</summary>
    public void Unknown()
    {
        if (Interlocked.Read(ref _openUntil) is not 0 and var until)
        {
            Interlocked.CompareExchange(ref _openUntil, clock.GetUtcNow().UtcTicks, until);
        }
    }
}
