using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;
using Xunit.Abstractions;

namespace Spoq.Tests.Ai;

/// <summary>
/// U1: what was recorded is what the upstream counted, whatever goes wrong on the way. <c>SPOQ_LEDGER_REQUESTS</c> makes it
/// longer than the short form that every run has.
/// </summary>
public sealed class LedgerTests(AiWorld world, ITestOutputHelper output) : IClassFixture<AiWorld>
{
    private static readonly string[] s_faults = ["500", "429", "drop_head", "drop", "drop", "stall", "left", "left", "left", "no_usage", "split", "truncated", "400"];

    private readonly ConcurrentDictionary<Guid, string> _answers = [];

    [Fact]
    public async Task Nothing_is_lost_doubled_or_invented_when_three_in_ten_go_wrong()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("SPOQ_LEDGER_REQUESTS") ?? "300", CultureInfo.InvariantCulture);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (number, _) => await AskAsync(number));

        var truth = world.First.Ledger.Entries.Concat(world.Second.Ledger.Entries).Concat(world.Anthropic.Ledger.Entries).Where(entry => !entry.IsRefused).ToDictionary(entry => entry.Id);
        var events = new Dictionary<Guid, Recorded>();
        await Eventually.TrueAsync(async () => (events = await EventsAsync()).Count >= truth.Count, $"{truth.Count} events; there are {events.Count}", TimeSpan.FromSeconds(20));
        await Eventually.TrueAsync(async () => (events = await EventsAsync()).Count == truth.Count, $"exactly {truth.Count} events, not {events.Count}", TimeSpan.FromSeconds(2));

        var matched = events.ToDictionary(row => row.Key, row => truth[_answers[row.Key]]);
        var exact = events.Where(row => !row.Value.IsEstimated).ToList();
        var estimated = events.Where(row => row.Value.IsEstimated).ToList();
        var wrong = exact.Where(row => (row.Value.Input, row.Value.Cached, row.Value.Output) != (matched[row.Key].Prompt - matched[row.Key].Cached, matched[row.Key].Cached, matched[row.Key].Completion)).ToList();
        var above = estimated.Where(row => row.Value.Output > matched[row.Key].Completion).ToList();
        var (seen, real) = (estimated.Sum(row => row.Value.Output), estimated.Where(row => row.Value.Output > 0).Sum(row => (long)matched[row.Key].Completion));

        output.WriteLine($"requests {count}, calls that upstreams took {truth.Count}, events {events.Count}: {exact.Count} exact, {estimated.Count} estimated");
        output.WriteLine($"tokens of exact ones {exact.Sum(row => row.Value.Output)} of {exact.Sum(row => (long)matched[row.Key].Completion)}; of estimated ones {seen} of {real} ({(double)seen / Math.Max(1, real):0.000})");
        foreach (var fault in truth.Values.GroupBy(entry => entry.Id.Split('-')[1]).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{fault.Key,-10} {fault.Count(),6} calls, {fault.Sum(entry => entry.Completion),8} tokens");
        }

        Assert.Empty(wrong.Select(row => $"{matched[row.Key].Id}: {row.Value} instead of {matched[row.Key].Prompt}/{matched[row.Key].Completion}"));
        Assert.Empty(above.Select(row => $"{matched[row.Key].Id}: {row.Value.Output} above {matched[row.Key].Completion}"));
        Assert.Equal(truth.Count, matched.Values.Distinct().Count());
        Assert.InRange((double)seen / Math.Max(1, real), 0.98, 1.0);
        Assert.Equal(await SumAsync("select coalesce(sum(input_tokens + cached_input_tokens + cache_write_tokens + output_tokens + reasoning_tokens), 0)::bigint from usage_events"), await SumAsync("select coalesce(sum(input_tokens + cached_input_tokens + cache_write_tokens + output_tokens + reasoning_tokens), 0)::bigint from usage_monthly"));
    }

    private async Task AskAsync(int number)
    {
        var dice = new Random(number);
        var fault = dice.Next(10) < 3 ? s_faults[dice.Next(s_faults.Length)] : "none";
        var (stream, isAnthropic, fromAnthropic) = (fault is "left" or "stall" or "drop" or "split" || dice.Next(3) > 0, dice.Next(4) == 0, dice.Next(4) == 0);
        var tokens = fault == "left" ? 10_000 : fault == "split" ? 3 : dice.Next(1, 60);
        var script = new AiScript(
            $"{number}-{fault}", fault is "none" or "left" ? "" : fault, After: dice.Next(tokens), Tokens: tokens, Prompt: dice.Next(20, 2000), Cached: dice.Next(20), DelayMilliseconds: fault == "left" ? 10 : 0);
        var model = fromAnthropic ? AiWorld.Claude : AiWorld.Model;
        var body = isAnthropic ? AiWorld.Message(script, stream, model) : AiWorld.Chat(script, stream, model);

        // Where the request is translated the script travels in the text.
        body["messages"]![0]!["content"] = $"Say something. [[{body["x_script"]!.ToJsonString()}]]";
        if (!isAnthropic && stream && dice.Next(2) == 0)
        {
            body["stream_options"] = new System.Text.Json.Nodes.JsonObject { ["include_usage"] = true };
        }

        var program = fault == "left" ? world.NewProgram(world.Key) : world.Program;
        using var answer = await world.PostAsync(isAnthropic ? "/v1/messages" : "/v1/chat/completions", body, program);
        _answers[Guid.Parse(answer.Headers.GetValues("X-Request-Id").Single())] = script.Id;
        if (fault != "left")
        {
            await answer.Content.ReadAsStringAsync();
            return;
        }

        await using (var text = await answer.Content.ReadAsStreamAsync())
        {
            using var reader = new StreamReader(text);
            for (var lines = dice.Next(150, 250); lines > 0; lines--)
            {
                await reader.ReadLineAsync();
            }
        }

        answer.Dispose();
        program.Dispose();
    }

    private async Task<Dictionary<Guid, Recorded>> EventsAsync()
    {
        await using var connection = new NpgsqlConnection(world.Server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select request_id, input_tokens, cached_input_tokens, output_tokens + reasoning_tokens, is_estimated from usage_events", connection);
        await using var row = await command.ExecuteReaderAsync();
        var found = new Dictionary<Guid, Recorded>();
        while (await row.ReadAsync())
        {
            found.Add(row.GetGuid(0), new Recorded(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetBoolean(4)));
        }

        return found;
    }

    private async Task<long> SumAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(world.Server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private sealed record Recorded(long Input, long Cached, long Output, bool IsEstimated);
}
