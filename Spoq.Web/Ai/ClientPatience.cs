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
    private readonly CancellationToken _aborted;
    private readonly TimeSpan _drain;
    private readonly bool _streams;
    private volatile bool _hasBegun;

    public ClientPatience(bool streams, TimeSpan drain, TimeSpan answerTimeout, CancellationToken aborted)
    {
        (_aborted, _streams, _drain) = (aborted, streams, drain);
        _stop.CancelAfter(answerTimeout);
        _left = aborted.UnsafeRegister(static state => ((ClientPatience)state!).Leave(), this);
    }

    public CancellationToken Token => _stop.Token;

    public bool HasClientLeft => _aborted.IsCancellationRequested;

    /// <summary>The answer began.</summary>
    public void Begin()
    {
        _hasBegun = true;
        if (HasClientLeft)
        {
            Leave();
        }
    }

    /// <summary>The upstream may be silent for so long from now; a client that left is not waited for anew.</summary>
    public void Expect(TimeSpan idle)
    {
        if (!HasClientLeft)
        {
            _stop.CancelAfter(idle);
        }
    }

    /// <summary>It is the client now who takes its time; the server's own minimum rate ends that.</summary>
    public void Rest()
    {
        if (!HasClientLeft)
        {
            _stop.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _left.Dispose();
        _stop.Dispose();
    }

    private void Leave()
    {
        var wait = !_streams ? s_whole : _hasBegun ? _drain : s_head;
        if (wait > TimeSpan.Zero)
        {
            _stop.CancelAfter(wait);
        }
        else
        {
            _stop.Cancel();
        }
    }
}
