using System.Globalization;
using System.Text;
using Spoq.Core.Ai;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>What was recorded, held against what the upstreams counted: every call and every event, one by one.</summary>
internal sealed class LedgerSheet
{
    private const int MostTold = 20;

    /// <summary>One piece is on its way and another is cut in the middle: no more of a call can be unseen.</summary>
    private const int MostUnseen = 8;

    /// <summary>Of fewer tokens the share of what was on its way is chance.</summary>
    private const long EnoughForShare = 20_000;

    private readonly List<string> _wrong = [];
    private readonly SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly LedgerPlan _plan;
    private readonly TimeSpan _took;
    private readonly double[] _latencies;

    public LedgerSheet(LedgerPlan plan, TimeSpan took, IReadOnlyList<LedgerCall> calls, IReadOnlyList<LedgerEvent> events, long wrongSums, double[] latencies)
    {
        (_plan, _took, _latencies) = (plan, took, latencies);
        Array.Sort(_latencies);
        var byWorker = events.ToLookup(one => one.Worker);
        foreach (var ofWorker in calls.GroupBy(call => call.Worker))
        {
            Compare([.. ofWorker.OrderBy(call => call.StartedAt)], [.. byWorker[ofWorker.Key]]);
        }

        if (wrongSums > 0)
        {
            _wrong.Add($"{wrongSums} sums of days or months are not those of the events");
        }

        if (Estimated is var ratio && (ratio > 1 || (ratio < .98 && Total.Sent >= EnoughForShare)))
        {
            _wrong.Add($"what was estimated is {ratio:0.0000} of what was sent, not 0.98 to 1.00");
        }
    }

    /// <summary>Empty: all is well.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    public Row Total => new()
    {
        Calls = _rows.Values.Sum(row => row.Calls),
        Taken = _rows.Values.Sum(row => row.Taken),
        Events = _rows.Values.Sum(row => row.Events),
        Lost = _rows.Values.Sum(row => row.Lost),
        Doubled = _rows.Values.Sum(row => row.Doubled),
        Exact = _rows.Values.Sum(row => row.Exact),
        Estimates = _rows.Values.Sum(row => row.Estimates),
        Unasked = _rows.Values.Sum(row => row.Unasked),
        Sent = _rows.Values.Sum(row => row.Sent),
        Counted = _rows.Values.Sum(row => row.Counted),
    };

    /// <summary>Of the tokens of answers whose usage never came, the share that was counted.</summary>
    public double Estimated => Total is { Sent: > 0 } total ? (double)total.Counted / total.Sent : 1;

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {_plan.Seed}: {_plan.Calls} calls on {_plan.Workers} connections in {_took.TotalSeconds:0.0} s; {_plan.Kills} times kill -9, {_plan.Stops} times SIGTERM, PostgreSQL away {_plan.Outages} times");
        text.AppendLine(Line("fault", "calls", "taken", "events", "lost", "doubled", "exact", "estimated", "unasked", "sent", "counted", "ratio"));
        foreach (var (name, row) in _rows.Append(new("total", Total)))
        {
            text.AppendLine(row.Line(name));
        }

        if (_latencies.Length > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"from the end of an answer to its event in PostgreSQL: p50 {_latencies[_latencies.Length / 2]:0} ms, p99 {_latencies[(int)(_latencies.Length * .99)]:0} ms of {_latencies.Length} that were looked for");
        }

        text.AppendLine(_wrong.Count == 0 ? "sums of days and months equal the sums of events; nothing is wrong" : $"{_wrong.Count} THINGS ARE WRONG:");
        foreach (var wrong in _wrong.Take(MostTold))
        {
            text.AppendLine("  " + wrong);
        }

        return text.ToString();
    }

    private static string Line(string first, params string[] others) => first.PadRight(12) + string.Concat(others.Select(other => other.PadLeft(10)));

    /// <summary>A worker makes one call at a time, so that an event belongs to the call in whose time it began.</summary>
    private void Compare(List<LedgerCall> calls, List<LedgerEvent> events)
    {
        var at = 0;
        foreach (var call in calls)
        {
            var (from, to) = (call.StartedAt.AddTicks(-(call.StartedAt.Ticks % TimeSpan.TicksPerMicrosecond)), call.EndedAt);
            for (; at < events.Count && events[at].StartedAt < from; at++)
            {
                _wrong.Add($"nobody made the call of {events[at]}");
            }

            var own = new List<LedgerEvent>();
            for (; at < events.Count && events[at].StartedAt <= to; at++)
            {
                own.Add(events[at]);
            }

            Compare(call, own);
        }

        _wrong.AddRange(events.Skip(at).Select(one => $"nobody made the call of {one}"));
    }

    private void Compare(LedgerCall call, List<LedgerEvent> own)
    {
        var isCut = own.Any(one => one.IsInterrupted);
        var row = RowOf(isCut ? "(killed)" : call.Fault.Length == 0 ? "(none)" : call.Fault);
        row.Calls++;
        row.Taken += call.Taken;
        row.Events += own.Count;
        row.Lost += Math.Max(0, call.Taken - own.Count);
        if (call.IsHung)
        {
            _wrong.Add($"hung: {call}");
        }

        if (own.Count < call.Taken)
        {
            _wrong.Add($"lost: {call}");
        }

        if (own.Count > Math.Max(1, call.Taken) || (own.Count == 1 && call.Taken == 0 && !IsUnasked(call, own[0])))
        {
            row.Doubled++;
            _wrong.Add($"invented or doubled: {string.Join(" and ", own)}: {call}");
            return;
        }

        if (call.Taken == 0)
        {
            row.Unasked += own.Count;
            return;
        }

        foreach (var one in own)
        {
            row.Exact += one.IsEstimated ? 0 : 1;
            row.Estimates += one.IsEstimated ? 1 : 0;
            if (Fault(call, one, row) is { } wrong)
            {
                _wrong.Add($"{wrong}: {one}: {call}");
            }
        }
    }

    /// <summary>The process died, or the client left, before an answer had begun: a prompt that had left, and no output.</summary>
    private static bool IsUnasked(LedgerCall call, LedgerEvent one) =>
        one is { IsEstimated: true, Output: 0, Cached: 0 } && (one.Input == 0 || (call.Arrived > 0 && one.Input == PromptOf(call)));

    private static string? Fault(LedgerCall call, LedgerEvent one, Row row)
    {
        if (!one.IsEstimated)
        {
            return !call.ToldUsage ? "exact, though no usage was told"
                : (one.Input, one.Cached, one.Output) != (call.Prompt - call.Cached, call.Cached, call.Tokens) ? "not what the upstream told"
                : null;
        }

        // What breaks off in one piece reaches nobody: it is an error, and costs nothing.
        var sent = call.Stream || (call.Fault == "no_usage" && !one.IsInterrupted) ? call.Sent : 0;
        row.Sent += sent;
        row.Counted += one.Output;
        var prompts = new[] { 0, PromptOf(call), call.FromAnthropic ? call.Prompt - call.Cached : 0 };
        return call is { ToldUsage: true, IsComplete: true } && !one.IsInterrupted ? "estimated, though the usage was told"
            : one.Output > sent ? "above what was sent"
            : call.Stream && one.Output < call.Seen ? "below what the client has read"
            : call is { Stream: true, IsBurst: false } && one.Output < sent - MostUnseen ? "more than a piece below what was sent"
            : !prompts.Contains(one.Input) ? "another prompt"
            : null;
    }

    private static long PromptOf(LedgerCall call) =>
        AiRequestReader.Read(Encoding.UTF8.GetBytes(LedgerClient.BodyOf(call)), call.IsAnthropic ? AiOperation.Message : AiOperation.Chat).Try(out var request, out _) ? request.PromptTokens : -1;

    private Row RowOf(string name) => _rows.TryGetValue(name, out var row) ? row : _rows[name] = new Row();

    internal sealed class Row
    {
        public int Calls { get; set; }

        public int Taken { get; set; }

        public int Events { get; set; }

        public int Lost { get; set; }

        public int Doubled { get; set; }

        public int Exact { get; set; }

        public int Estimates { get; set; }

        /// <summary>Events of calls whose upstream had not begun to answer when the process died.</summary>
        public int Unasked { get; set; }

        public long Sent { get; set; }

        public long Counted { get; set; }

        public string Line(string name) => LedgerSheet.Line(
            name, $"{Calls}", $"{Taken}", $"{Events}", $"{Lost}", $"{Doubled}", $"{Exact}", $"{Estimates}", $"{Unasked}", $"{Sent}", $"{Counted}", Sent == 0 ? "-" : ((double)Counted / Sent).ToString("0.0000", CultureInfo.InvariantCulture));
    }
}
