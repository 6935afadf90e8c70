namespace Spoq.Core.Ops;

/// <summary>Exponential backoff with jitter: doubling waits, spread over their upper half so that crowds disperse.</summary>
public static class Backoff
{
    /// <param name="attempts">Failed tries so far, from 1.</param>
    /// <param name="first">The wait after the first failure.</param>
    /// <param name="most">No wait is longer.</param>
    /// <param name="jitter">Random, 0 to 1.</param>
    public static TimeSpan After(int attempts, TimeSpan first, TimeSpan most, double jitter)
    {
        var doublings = Math.Clamp(attempts - 1, 0, 30);
        var wait = Math.Min(first.TotalMilliseconds * Math.Pow(2, doublings), most.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(wait * (0.5 + (jitter / 2)));
    }
}
