namespace Spoq.Web.Ai;

/// <summary>
/// How long an upstream's answer is worth waiting for. A client that leaves does not always end the call: its answer
/// may be paid for already, and only the upstream knows how much that is.
/// </summary>
internal sealed class ClientPatience : IDisposable
{
    /// <summary>For an answer that has not begun: when it does, what the upstream counted of the prompt is known.</summary>
    private static readonly TimeSpan s_head = TimeSpan.FromSeconds(10);

    /// <summary>For an answer that is one piece: its usage is in it.</summary>
    private static readonly TimeSpan s_whole = TimeSpan.FromSeconds(120);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _left;
    private readonly CancellationTokenRegistration _stopped;
    private readonly CancellationToken _aborted;
    private readonly CancellationToken _stopping;
    private readonly TimeSpan _drain;
    private readonly bool _streams;
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private long _until;
    private long _firesAt;
    private bool _hasBegun;
    private bool _hasLeft;

    public ClientPatience(bool streams, TimeSpan drain, TimeSpan answerTimeout, CancellationToken aborted, CancellationToken stopping)
    {
        (_aborted, _stopping, _streams, _drain) = (aborted, stopping, streams, drain);
        _until = _firesAt = At(answerTimeout);
        _timer = new Timer(static state => ((ClientPatience)state!).Look(), this, answerTimeout, Timeout.InfiniteTimeSpan);
        _left = aborted.UnsafeRegister(static state => ((ClientPatience)state!).Leave(), this);
        _stopped = stopping.UnsafeRegister(static state => ((ClientPatience)state!).Stop(), this);
    }

    public CancellationToken Token => _stop.Token;

    public bool HasClientLeft => _aborted.IsCancellationRequested;

    /// <summary>The server ends, and with it this answer.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>The answer began.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _hasBegun = true;
            if (!_hasLeft)
            {
                return;
            }
        }

        Leave();
    }

    /// <summary>The upstream may be silent for so long from now; a client that left is not waited for anew.</summary>
    public void Expect(TimeSpan idle) => Wait(idle);

    /// <summary>It is the client now who takes its time; the server's own minimum rate ends that.</summary>
    public void Rest() => Wait(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _left.Dispose();
        _stopped.Dispose();
        _timer.Dispose();
        _stop.Dispose();
    }

    private static long At(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)time.TotalMilliseconds;

    /// <summary>Never after the client left: what it is given then must not be taken back by who has not noticed yet.</summary>
    private void Wait(TimeSpan time)
    {
        lock (_lock)
        {
            if (!_hasLeft)
            {
                WaitUntil(At(time));
            }
        }
    }

    /// <summary>A stream says this before and after each read: the timer is only touched where it would come too late.</summary>
    private void WaitUntil(long time)
    {
        _until = time;
        if (time < _firesAt)
        {
            _firesAt = time;
            _timer.Change(Math.Max(0, time - Environment.TickCount64), Timeout.Infinite);
        }
    }

    /// <summary>The timer may come for a time that was put off since.</summary>
    private void Look()
    {
        lock (_lock)
        {
            if (Environment.TickCount64 < _until)
            {
                _firesAt = long.MaxValue;
                if (_until < long.MaxValue)
                {
                    WaitUntil(_until);
                }

                return;
            }
        }

        Stop();
    }

    private void Leave()
    {
        lock (_lock)
        {
            _hasLeft = true;
            var wait = !_streams ? s_whole : _hasBegun ? _drain : s_head;
            if (wait > TimeSpan.Zero)
            {
                WaitUntil(At(wait));
                return;
            }
        }

        // Outside the lock: who waits for the upstream goes on here.
        Stop();
    }

    private void Stop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over: the timer came in the same moment.
        }
    }
}
