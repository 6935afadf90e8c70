using System.Diagnostics;
using Npgsql;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>SIGTERM with answers under way: each ends or is told why it does not, and each is on record once.</summary>
public sealed class StopTests(AiWorld world) : IClassFixture<AiWorld>
{
    [Fact]
    public async Task Fifty_streams_end_clearly_when_the_server_is_stopped_and_each_is_recorded_once()
    {
        await using var node = await world.SiblingAsync(("Ai__StoppingSeconds", "7"));
        using var program = AiWorld.NewProgram(node, world.Key);
        var streams = await Task.WhenAll(Enumerable.Range(0, 50).Select(number => BeginAsync(program, number)));
        var watch = Stopwatch.StartNew();
        var stopping = node.StopAsync();
        var ends = await Task.WhenAll(streams.Select(stream => stream.Reader.ReadToEndAsync()));
        await stopping;

        // Seven seconds are theirs; what comes on top is for telling and recording.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(50));
        Assert.All(ends.Where((_, number) => number % 2 == 0), end => Assert.EndsWith("data: [DONE]\n\n", end, StringComparison.Ordinal));
        Assert.All(ends.Where((_, number) => number % 2 == 1), end => Assert.Contains("\"code\":\"server_stopping\"", end, StringComparison.Ordinal));
        var ids = streams.Select(stream => stream.Id).ToList();
        await Eventually.TrueAsync(async () => (await EventsAsync(ids)).Count >= 50, "an event for each");
        var events = await EventsAsync(ids);
        Assert.Equal(ids.Order(), events.Select(row => row.Id).Order());
        Assert.All(events, row => Assert.Equal(ids.IndexOf(row.Id) % 2 == 1, row.IsEstimated));
        Assert.All(events, row => Assert.True(row.Output > 0));
        foreach (var (_, answer, reader) in streams)
        {
            reader.Dispose();
            answer.Dispose();
        }
    }

    /// <summary>Every second one would go on for minutes.</summary>
    private async Task<(Guid Id, HttpResponseMessage Answer, StreamReader Reader)> BeginAsync(HttpClient program, int number)
    {
        var script = new AiScript("stop", Tokens: number % 2 == 0 ? 40 : 10_000, DelayMilliseconds: 20);
        var answer = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(script, stream: true), program);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (!(await reader.ReadLineAsync())!.Contains("word0", StringComparison.Ordinal))
        {
        }

        return (Guid.Parse(answer.Headers.GetValues("X-Request-Id").Single()), answer, reader);
    }

    private async Task<List<(Guid Id, long Output, bool IsEstimated)>> EventsAsync(List<Guid> ids)
    {
        await using var connection = new NpgsqlConnection(world.Server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select request_id, output_tokens, is_estimated from usage_events where request_id = any($1)", connection);
        command.Parameters.Add(new() { Value = ids.ToArray() });
        await using var row = await command.ExecuteReaderAsync();
        var found = new List<(Guid, long, bool)>();
        while (await row.ReadAsync())
        {
            found.Add((row.GetGuid(0), row.GetInt64(1), row.GetBoolean(2)));
        }

        return found;
    }
}
