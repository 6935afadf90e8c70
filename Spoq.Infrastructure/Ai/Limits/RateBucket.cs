using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Limits;

/// <summary>One bucket of this node. What was taken since the nodes last told each other waits in it to be told.</summary>
public sealed class RateBucket(RatePerMinute rate, byte[] sharedKey)
{
    private long _fullAt;
    private long _untold;
    private int _isQueued;

    public RatePerMinute Rate => rate;

    /// <summary>The row of <c>rate_counters</c> that all nodes share.</summary>
    internal byte[] SharedKey => sharedKey;

    /// <returns>Null: taken. Else how long to wait.</returns>
    public TimeSpan? Take(long count, long now, RateShare share)
    {
        while (true)
        {
            var before = Interlocked.Read(ref _fullAt);
            var (after, wait) = rate.Take(before, now, count);
            if (wait is not null)
            {
                return wait;
            }

            if (Interlocked.CompareExchange(ref _fullAt, after, before) == before)
            {
                Note(rate.Cost(count), share);
                return null;
            }
        }
    }

    /// <summary>Counts what turned out to be more than was taken, or gives back what was less.</summary>
    public void Correct(long count, long now, RateShare share)
    {
        if (count == 0)
        {
            return;
        }

        var cost = count > 0 ? rate.Cost(count) : -rate.Cost(-count);
        long before;
        do
        {
            before = Interlocked.Read(ref _fullAt);
        }
        while (Interlocked.CompareExchange(ref _fullAt, Math.Max(before, now) + cost, before) != before);
        Note(cost, share);
    }

    public bool IsFull(long now) => Interlocked.Read(ref _fullAt) <= now && Interlocked.Read(ref _untold) == 0;

    public (long Left, TimeSpan Reset) Standing(long now)
    {
        var fullAt = Interlocked.Read(ref _fullAt);
        return (rate.Left(fullAt, now), TimeSpan.FromTicks(Math.Max(0, fullAt - now)));
    }

    internal long TakeUntold()
    {
        Volatile.Write(ref _isQueued, 0);
        return Interlocked.Exchange(ref _untold, 0);
    }

    /// <summary>They could not be told; they are with the next ones.</summary>
    internal void GiveBack(long untold, RateShare share) => Note(untold, share);

    /// <summary>What all nodes together have taken, to which comes what this one took meanwhile.</summary>
    internal void Learn(long fullAt)
    {
        long before;
        do
        {
            before = Interlocked.Read(ref _fullAt);
        }
        while (Interlocked.CompareExchange(ref _fullAt, fullAt + Interlocked.Read(ref _untold), before) != before);
    }

    private void Note(long cost, RateShare share)
    {
        Interlocked.Add(ref _untold, cost);
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            share.Queue(this);
        }
    }
}
