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
    private bool _hasBegun;
    private bool _hasLeft;

    public ClientPatience(bool streams, TimeSpan drain, TimeSpan answerTimeout, CancellationToken aborted, CancellationToken stopping)
    {
        (_aborted, _stopping, _streams, _drain) = (aborted, stopping, streams, drain);
        _stop.CancelAfter(answerTimeout);
        _left = aborted.UnsafeRegister(static state => ((ClientPatience)state!).Leave(), this);
        _stopped = stopping.UnsafeRegister(static state => ((ClientPatience)state!)._stop.Cancel(), this);
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
        _stop.Dispose();
    }

    /// <summary>Never after the client left: what it is given then must not be taken back by who has not noticed yet.</summary>
    private void Wait(TimeSpan time)
    {
        lock (_lock)
        {
            if (!_hasLeft)
            {
                _stop.CancelAfter(time);
            }
        }
    }

    private void Leave()
    {
        TimeSpan wait;
        lock (_lock)
        {
            _hasLeft = true;
            wait = !_streams ? s_whole : _hasBegun ? _drain : s_head;
            if (wait > TimeSpan.Zero)
            {
                _stop.CancelAfter(wait);
                return;
            }
        }

        // Outside the lock: who waits for the upstream goes on here.
        _stop.Cancel();
    }
}
