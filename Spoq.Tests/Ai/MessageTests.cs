using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Tests.Emulators.Ai;

namespace Spoq.Tests.Ai;

/// <summary>Anthropic's form, passed on and translated.</summary>
public sealed class MessageTests(AiWorld world) : IClassFixture<AiWorld>
{
    [Fact]
    public async Task A_message_passes_byte_by_byte_with_its_version_and_betas()
    {
        var body = AiWorld.Message(new AiScript("message")).ToJsonString();
        using var program = world.Server.NewClient();
        program.DefaultRequestHeaders.Add("x-api-key", world.Key);
        program.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        program.DefaultRequestHeaders.Add("anthropic-beta", "something-new");
        using var answer = await world.PostAsync("/v1/messages", body, program);
        var seen = Entry("message");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, seen.Body);
        Assert.Equal((AiEmulator.Key, "2023-06-01", "something-new"), (seen.Headers["x-api-key"], seen.Headers["anthropic-version"], seen.Headers["anthropic-beta"]));
        Assert.False(seen.Headers.ContainsKey("Authorization"));
        Assert.Equal(answer.Headers.GetValues("X-Request-Id"), answer.Headers.GetValues("request-id"));
    }

    [Fact]
    public async Task A_stream_of_events_passes_whole()
    {
        using var answer = await world.PostAsync("/v1/messages", AiWorld.Message(new AiScript("events", Tokens: 3), stream: true));
        var text = await answer.Content.ReadAsStringAsync();

        Assert.StartsWith("event: message_start\n", text, StringComparison.Ordinal);
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", text, StringComparison.Ordinal);
        Assert.Contains("event: ping", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_stream_ends_with_an_error_event()
    {
        using var answer = await world.PostAsync("/v1/messages", AiWorld.Message(new AiScript("broken", "drop", After: 2), stream: true));
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Contains("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_are_counted_by_who_runs_the_model_and_estimated_where_nobody_counts()
    {
        using var asked = await world.PostAsync("/v1/messages/count_tokens", AiWorld.Message(new AiScript("count", Prompt: 77)));
        using var estimated = await world.PostAsync("/v1/messages/count_tokens", AiWorld.Message(new AiScript("count"), model: AiWorld.Model));

        Assert.Equal(77, JsonDocument.Parse(await asked.Content.ReadAsStringAsync()).RootElement.GetProperty("input_tokens").GetInt32());
        Assert.InRange(JsonDocument.Parse(await estimated.Content.ReadAsStringAsync()).RootElement.GetProperty("input_tokens").GetInt32(), 1, 100);
    }

    [Fact]
    public async Task Errors_are_in_anthropics_words()
    {
        using var answer = await world.PostAsync("/v1/messages", new JsonObject { ["model"] = "nothing", ["max_tokens"] = 5, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "x" }) });
        var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(("error", "not_found_error"), (error.GetProperty("type").GetString(), error.GetProperty("error").GetProperty("type").GetString()));
        Assert.Equal(answer.Headers.GetValues("request-id").Single(), error.GetProperty("request_id").GetString());
        Assert.Equal("model_not_found", answer.Headers.GetValues("X-Spoq-Error").Single());
    }

    [Fact]
    public async Task A_translated_request_keeps_what_both_forms_know()
    {
        var chat = JsonNode.Parse("""
            {"model":"claude-small","stop":"END","temperature":1.7,"top_p":0.5,"user":"u1","parallel_tool_calls":false,"tool_choice":"required",
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
             "messages":[{"role":"developer","content":"Rules."},{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":"two"},{"role":"user","content":"Go on [[{\"id\":\"translated\"}]]"}]}
            """)!.AsObject();
        using var answer = await world.PostAsync("/v1/chat/completions", chat);
        var seen = JsonDocument.Parse(Entry("translated").Body).RootElement;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Rules.", seen.GetProperty("system")[0].GetProperty("text").GetString());
        Assert.Equal(["user", "assistant", "user"], seen.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(["tool_result", "tool_result", "text"], seen.GetProperty("messages")[2].GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal("AAAA", seen.GetProperty("messages")[0].GetProperty("content")[1].GetProperty("source").GetProperty("data").GetString());
        Assert.Equal(1, seen.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("input").GetProperty("a").GetInt32());
        Assert.Equal(("any", true), (seen.GetProperty("tool_choice").GetProperty("type").GetString(), seen.GetProperty("tool_choice").GetProperty("disable_parallel_tool_use").GetBoolean()));
        Assert.Equal((1, 0.5), (seen.GetProperty("temperature").GetDouble(), seen.GetProperty("top_p").GetDouble()));
        Assert.Equal("END", seen.GetProperty("stop_sequences")[0].GetString());
        Assert.True(seen.GetProperty("max_tokens").GetInt64() > 0);
    }

    private LedgerEntry Entry(string id) => world.Anthropic.Ledger.Entries.Last(entry => entry.Id == id);
}
