namespace Spoq.Tests.Support;

/// <summary>A clock that stands still until told. Timers run on real time.</summary>
public sealed class TestClock : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero).UtcTicks;

    /// <summary>Goes with another clock instead of standing still; null: it stands still.</summary>
    public TimeProvider? Follows { get; set; }

    public DateTimeOffset Now
    {
        get => Follows?.GetUtcNow() ?? new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _ticks, value.UtcTicks);
    }

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => Now;
}
