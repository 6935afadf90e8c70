using System.Collections.Concurrent;

namespace Spoq.Conductor.Access;

/// <summary>So many requests of one caller in a minute, more for a moment. What is long is limited by places, see <see cref="Entrance{T}"/>.</summary>
internal sealed class RateGate(TimeProvider clock)
{
    private const double PerSecond = 20;
    private const double Burst = 600;
    private const int MaxCallers = 1024;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new();

    public bool IsAllowed(string caller)
    {
        if (_buckets.Count > MaxCallers)
        {
            _buckets.Clear();
        }

        return _buckets.GetOrAdd(caller, _ => new Bucket(clock.GetTimestamp())).Take(clock);
    }

    private sealed class Bucket(long filledAt)
    {
        private readonly Lock _taking = new();
        private double _left = Burst;
        private long _filledAt = filledAt;

        public bool Take(TimeProvider clock)
        {
            lock (_taking)
            {
                var now = clock.GetTimestamp();
                _left = Math.Min(Burst, _left + (clock.GetElapsedTime(_filledAt, now).TotalSeconds * PerSecond));
                _filledAt = now;
                if (_left < 1)
                {
                    return false;
                }

                _left--;
                return true;
            }
        }
    }
}
