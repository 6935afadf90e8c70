namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>
/// One request of the ledger run: what is to happen to it, what the upstream counted and what its client saw. All three
/// are in one process, so that they wait for each other and never for a time.
/// </summary>
internal sealed class LedgerCall
{
    private static readonly string[] s_faults =
    [
        "left", "left", "left", "left", "left_head", "drop", "drop", "drop", "drop_head", "drop_head", "stall", "429", "500", "500", "garbage", "no_usage", "cut_usage", "cut_usage", "truncated", "split", "400",
    ];

    private static readonly string[] s_onlyStreams = ["left", "drop", "stall", "cut_usage", "split", "left_head"];

    private readonly Lock _lock = new();
    private readonly Random _dice;
    private TaskCompletionSource? _waiting;
    private int _wanted;

    public LedgerCall(int number, int worker, int seed)
    {
        (Number, Worker, _dice) = (number, worker, new Random(HashCode.Combine(seed, number)));
        Fault = _dice.Next(10) < 3 ? s_faults[_dice.Next(s_faults.Length)] : "";
        Stream = s_onlyStreams.Contains(Fault) ? Fault != "left" || _dice.Next(5) > 0 : Fault != "truncated" && _dice.Next(3) > 0;
        (IsAnthropic, FromAnthropic, WantsUsage) = (_dice.Next(4) == 0, _dice.Next(4) == 0, _dice.Next(2) == 0);
        Tokens = _dice.Next(1, Fault is "left" or "drop" or "stall" ? 150 : 50);
        After = _dice.Next(Tokens);
        (Prompt, Cached) = (_dice.Next(20, 2000), _dice.Next(20));
        OnlyFirst = _dice.Next(2) == 0;
        LeavesAt = Fault == "left" ? _dice.Next(Stream ? Tokens * 120 : 400) : int.MaxValue;
        IsBurst = Fault.Length == 0 && _dice.Next(10) == 0;
    }

    public int Number { get; }

    public int Worker { get; }

    /// <summary>What goes wrong; empty: nothing.</summary>
    public string Fault { get; }

    public bool Stream { get; }

    /// <summary>The client speaks Anthropic's form.</summary>
    public bool IsAnthropic { get; }

    public bool FromAnthropic { get; }

    public bool WantsUsage { get; }

    public int Tokens { get; }

    /// <summary>The fault comes after so many.</summary>
    public int After { get; }

    public int Prompt { get; }

    public int Cached { get; }

    /// <summary>A fault before the first byte happens at the first upstream only: the next one answers.</summary>
    public bool OnlyFirst { get; }

    /// <summary>The byte of the answer at which the client is gone.</summary>
    public int LeavesAt { get; }

    /// <summary>All of the stream at once; else each piece waits until the client has seen the one before.</summary>
    public bool IsBurst { get; }

    /// <summary>How often an upstream read the request.</summary>
    public int Arrived { get; set; }

    /// <summary>How often one began to answer it: each is an event.</summary>
    public int Taken { get; set; }

    /// <summary>Tokens of what the last of them had sent when it ended, or was cut off.</summary>
    public int Sent { get; set; }

    public bool ToldUsage { get; set; }

    /// <summary>Tokens that the client has read.</summary>
    public int Seen { get; private set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset EndedAt { get; set; }

    /// <summary>0: no answer came.</summary>
    public int Status { get; set; }

    public Guid? RequestId { get; set; }

    /// <summary>The client read its answer to the end.</summary>
    public bool IsComplete { get; set; }

    /// <summary>It did not end in time.</summary>
    public bool IsHung { get; set; }

    /// <summary>The client has the head of the answer.</summary>
    public TaskCompletionSource HeadSeen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CancellationTokenSource Leaving { get; } = new();

    public int NextPiece() => _dice.Next(1, 5);

    public int NextCut(int length) => _dice.Next(length);

    public void See(int tokens)
    {
        TaskCompletionSource? waiting = null;
        lock (_lock)
        {
            Seen += tokens;
            if (_waiting is not null && Seen >= _wanted)
            {
                (waiting, _waiting) = (_waiting, null);
            }
        }

        waiting?.SetResult();
    }

    /// <summary>Until the client has read all that was sent.</summary>
    /// <exception cref="OperationCanceledException">It never will: the proxy has said so, as in life.</exception>
    public Task AllSeenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Seen >= Sent)
            {
                return Task.CompletedTask;
            }

            (_waiting, _wanted) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), Sent);
            return _waiting.Task.WaitAsync(cancellationToken);
        }
    }

    public override string ToString() =>
        $"call {Number} of worker {Worker} ({(Fault.Length == 0 ? "no fault" : Fault)}{(Stream ? ", stream" : "")}{(FromAnthropic ? ", anthropic upstream" : "")}{(IsAnthropic ? ", anthropic client" : "")}; {Prompt} in, {Tokens} out; arrived {Arrived}, taken {Taken}, sent {Sent}, told {ToldUsage}, seen {Seen}, status {Status}, whole {IsComplete}, {StartedAt:HH:mm:ss.ffffff} to {EndedAt:HH:mm:ss.ffffff})";
}
