using System.Net;
using System.Text.Json;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>Chat completions through an upstream of the same form.</summary>
public sealed class ChatTests(AiWorld world) : IClassFixture<AiWorld>
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task An_answer_passes_byte_by_byte_with_our_key_for_the_upstream_and_none_of_the_callers()
    {
        var body = """{ "model" : "gpt-small", "messages":[{"role":"user","content":"Grüße \u00fc 🙂"}], "x_unknown": {"a":[1,2.50,null]} }""";
        using var answer = await world.PostAsync(Path, body);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("{\"id\":\"chatcmpl-1\"", text, StringComparison.Ordinal);
        Assert.Contains(AiEmulator.Words(5), text, StringComparison.Ordinal);
        var seen = world.First.Ledger.Entries.Concat(world.Second.Ledger.Entries).Single(entry => entry.Body.Contains("Grüße", StringComparison.Ordinal));
        Assert.Equal(body, seen.Body);
        Assert.Equal("Bearer " + AiEmulator.Key, seen.Headers["Authorization"]);
        Assert.DoesNotContain(seen.Headers, header => header.Value.Contains("spoq_", StringComparison.Ordinal));
        Assert.True(Guid.TryParse(answer.Headers.GetValues("X-Request-Id").Single(), out _));
        Assert.Contains("\"requests\";r=", answer.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_hides_the_usage_from_who_did_not_ask_and_shows_it_to_who_did()
    {
        using var plain = await world.PostAsync(Path, AiWorld.Chat(new AiScript("plain"), stream: true));
        var hidden = await plain.Content.ReadAsStringAsync();
        var asking = AiWorld.Chat(new AiScript("asking"), stream: true);
        asking["stream_options"] = new System.Text.Json.Nodes.JsonObject { ["include_usage"] = true };
        using var asked = await world.PostAsync(Path, asking);
        var shown = await asked.Content.ReadAsStringAsync();

        Assert.Equal("text/event-stream", plain.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("data: [DONE]\n\n", hidden, StringComparison.Ordinal);
        Assert.Equal(AiEmulator.Words(5), TextOf(hidden));
        Assert.DoesNotContain("prompt_tokens", hidden, StringComparison.Ordinal);
        Assert.DoesNotContain("\n\n\n", hidden, StringComparison.Ordinal);
        Assert.Contains("\"prompt_tokens\":11", shown, StringComparison.Ordinal);
        Assert.Contains("\"stream_options\":{\"include_usage\":true}", Entry("plain").Body, StringComparison.Ordinal);
        Assert.Equal(asking.ToJsonString(), Entry("asking").Body);

        // Equal to the upstream's apart from the frame that is held back.
        Assert.Equal(string.Concat(shown.Split("\n\n").Where(frame => !frame.Contains("prompt_tokens", StringComparison.Ordinal))), string.Concat(hidden.Split("\n\n")));
    }

    [Fact]
    public async Task A_stream_that_comes_byte_by_byte_arrives_whole()
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("split", "split", Tokens: 3), stream: true));
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(AiEmulator.Words(3), TextOf(text));
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("prompt_tokens", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_token_arrives_when_the_upstream_wrote_it()
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("slow", "stall", After: 2), stream: true));
        await using var stream = await answer.Content.ReadAsStreamAsync();
        using var reader = new StreamReader(stream);
        var seen = "";
        while (!seen.Contains("word1", StringComparison.Ordinal))
        {
            seen += await reader.ReadLineAsync();
        }

        // The upstream then says nothing for as long as it is allowed to.
        var rest = await reader.ReadToEndAsync();
        Assert.Contains("\"code\":\"upstream_timeout\"", rest, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_may_have_another_name_upstream()
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("renamed"), stream: true, model: "nice-name"));
        await answer.Content.ReadAsStringAsync();

        Assert.Contains("\"model\":\"vendor/ugly-name\"", Entry("renamed").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("429")]
    [InlineData("401")]
    [InlineData("drop_head")]
    public async Task Before_the_first_byte_the_next_upstream_is_asked(string fault)
    {
        var id = $"failover-{fault}";
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript(id, fault, Only: "first")));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(world.Second.Ledger.Entries, entry => entry.Id == id);
    }

    [Theory]
    [InlineData("500", 502, "upstream_error")]
    [InlineData("garbage", 502, "upstream_error")]
    [InlineData("truncated", 502, "upstream_disconnected")]
    [InlineData("429", 503, "upstream_unavailable")]
    [InlineData("400", 400, null)]
    public async Task What_no_upstream_answers_is_a_clear_error(string fault, int status, string? code)
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript($"broken-{fault}", fault)));
        var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("error");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.True(error.TryGetProperty("param", out _));
        Assert.NotEmpty(error.GetProperty("type").GetString()!);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_says_so_and_never_that_it_is_done()
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("cut", "drop", After: 3), stream: true));
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(AiEmulator.Words(3), TextOf(text));
        Assert.Contains("\"code\":\"upstream_disconnected\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_upstreams_work()
    {
        var program = world.NewProgram(world.Key);
        var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("left", Tokens: 100_000, DelayMilliseconds: 5), stream: true), program);
        await using (var stream = await answer.Content.ReadAsStreamAsync())
        {
            Assert.True(await stream.ReadAsync(new byte[100]) > 0);
        }

        answer.Dispose();
        program.Dispose();
        await Eventually.TrueAsync(() => Entry("left").WasLeft, "the upstream to be told");
    }

    internal static string TextOf(string stream) => string.Concat(stream.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line =>
    {
        var chunk = JsonDocument.Parse(line[6..]).RootElement;
        return chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0 && choices[0].TryGetProperty("delta", out var delta) && delta.TryGetProperty("content", out var content) ? content.GetString() : "";
    }));

    /// <summary>At whichever of the two was asked: one that failed a moment ago may rest.</summary>
    private LedgerEntry Entry(string id) => world.First.Ledger.Entries.Concat(world.Second.Ledger.Entries).Last(entry => entry.Id == id);
}
