using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>All that the proxy answers is what the vendors' own contracts promise, also where one form was made of the other.</summary>
public sealed class ContractTests(AiWorld world) : IClassFixture<AiWorld>
{
    private static readonly JsonObject s_tool = JsonNode.Parse("""{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}""")!.AsObject();

    private static readonly JsonObject s_anthropicTool = JsonNode.Parse("""{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}""")!.AsObject();

    [ContractTheory]
    [InlineData(AiWorld.Model, false)]
    [InlineData(AiWorld.Model, true)]
    [InlineData(AiWorld.Claude, false)]
    [InlineData(AiWorld.Claude, true)]
    public async Task Chat_answers_and_streams_are_openais(string model, bool tools)
    {
        var asked = AiWorld.Chat(new AiScript("contract", Tokens: 3), model: model);
        if (tools)
        {
            asked["tools"] = new JsonArray(s_tool.DeepClone());
        }

        await WholeAsync("openai.json", "CreateChatCompletionResponse", "/v1/chat/completions", asked);
        foreach (var tellsUsage in new[] { false, true })
        {
            asked["stream"] = true;
            asked["stream_options"] = new JsonObject { ["include_usage"] = tellsUsage };
            var events = await EventsAsync("/v1/chat/completions", asked);
            Assert.Equal("[DONE]", events[^1].Data);
            Assert.True(events.Count > 4);
            foreach (var (_, data) in events.SkipLast(1))
            {
                Check("openai.json", "CreateChatCompletionStreamResponse", data);
            }

            Assert.Equal(tellsUsage, JsonDocument.Parse(events[^2].Data).RootElement.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object);
        }
    }

    [ContractTheory]
    [InlineData(AiWorld.Claude, false)]
    [InlineData(AiWorld.Claude, true)]
    [InlineData(AiWorld.Model, false)]
    [InlineData(AiWorld.Model, true)]
    public async Task Messages_and_their_events_are_anthropics(string model, bool tools)
    {
        var asked = AiWorld.Message(new AiScript("contract", Tokens: 3), model: model);
        if (tools)
        {
            asked["tools"] = new JsonArray(s_anthropicTool.DeepClone());
        }

        await WholeAsync("anthropic.json", "Message", "/v1/messages", asked);
        asked["stream"] = true;
        var events = await EventsAsync("/v1/messages", asked);
        foreach (var (name, data) in events)
        {
            Check("anthropic.json", name == "ping" ? "StreamPingEvent" : "RawMessageStreamEvent", data);
            Assert.Equal(name, JsonDocument.Parse(data).RootElement.GetProperty("type").GetString());
        }

        Assert.Equal(["message_start", "content_block_start"], events.Take(2).Select(one => one.Name));
        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], events.TakeLast(3).Select(one => one.Name));
    }

    [ContractFact]
    public async Task Completions_embeddings_counts_and_models_are_the_vendors()
    {
        var completion = AiWorld.Chat(new AiScript("contract"));
        completion.Remove("messages");
        completion["prompt"] = "Once";
        await WholeAsync("openai.json", "CreateCompletionResponse", "/v1/completions", completion);
        await WholeAsync("openai.json", "CreateEmbeddingResponse", "/v1/embeddings", new JsonObject { ["model"] = AiWorld.Model, ["input"] = "x" });
        await WholeAsync("anthropic.json", "MessageTokensCount", "/v1/messages/count_tokens", AiWorld.Message(new AiScript("contract")));
        await WholeAsync("anthropic.json", "MessageTokensCount", "/v1/messages/count_tokens", AiWorld.Message(new AiScript("contract"), model: AiWorld.Model));
        Check("openai.json", "ListModelsResponse", await world.Program.GetStringAsync(new Uri("/v1/models", UriKind.Relative)));
        Check("openai.json", "Model", await world.Program.GetStringAsync(new Uri($"/v1/models/{AiWorld.Claude}", UriKind.Relative)));
        using var anthropic = world.NewProgram(world.Key);
        anthropic.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        Check("anthropic.json", "ModelInfo", await anthropic.GetStringAsync(new Uri($"/v1/models/{AiWorld.Claude}", UriKind.Relative)));
        foreach (var model in JsonDocument.Parse(await anthropic.GetStringAsync(new Uri("/v1/models", UriKind.Relative))).RootElement.GetProperty("data").EnumerateArray())
        {
            Check("anthropic.json", "ModelInfo", model.GetRawText());
        }
    }

    [ContractTheory]
    [InlineData("500")]
    [InlineData("429")]
    [InlineData("400")]
    [InlineData("garbage")]
    [InlineData("drop_head")]
    public async Task Errors_are_in_the_callers_form_whoever_made_them(string fault)
    {
        foreach (var model in new[] { AiWorld.Model, AiWorld.Claude })
        {
            await ErrorAsync("openai.json", "/v1/chat/completions", Say(AiWorld.Chat(new AiScript("contract", fault), model: model)));
            await ErrorAsync("anthropic.json", "/v1/messages", Say(AiWorld.Message(new AiScript("contract", fault), model: model)));
        }
    }

    [ContractFact]
    public async Task A_stream_that_breaks_off_ends_with_an_error_of_the_callers_form()
    {
        foreach (var model in new[] { AiWorld.Model, AiWorld.Claude })
        {
            var chat = await EventsAsync("/v1/chat/completions", Say(AiWorld.Chat(new AiScript("contract", "drop", After: 2), stream: true, model)));
            var message = await EventsAsync("/v1/messages", Say(AiWorld.Message(new AiScript("contract", "drop", After: 2), stream: true, model)));

            Check("openai.json", "ErrorResponse", chat[^1].Data);
            Assert.Equal("error", message[^1].Name);
            Check("anthropic.json", "ErrorResponse", message[^1].Data);
        }
    }

    /// <summary>Where the request is translated the script travels in the text.</summary>
    internal static JsonObject Say(JsonObject body)
    {
        body["messages"]![0]!["content"] = $"Say something. [[{body["x_script"]!.ToJsonString()}]]";
        return body;
    }

    private async Task WholeAsync(string contract, string schema, string path, JsonObject body)
    {
        using var answer = await world.PostAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Check(contract, schema, text);
    }

    private async Task ErrorAsync(string contract, string path, JsonObject body)
    {
        using var answer = await world.PostAsync(path, body);
        Assert.False(answer.IsSuccessStatusCode);
        Check(contract, "ErrorResponse", await answer.Content.ReadAsStringAsync());
    }

    private async Task<List<(string Name, string Data)>> EventsAsync(string path, JsonObject body)
    {
        using var answer = await world.PostAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(new MediaTypeHeaderValue("text/event-stream").MediaType, answer.Content.Headers.ContentType!.MediaType);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('\n')).Select(lines => (
            lines.FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?[7..] ?? "",
            lines.Single(line => line.StartsWith("data: ", StringComparison.Ordinal))[6..]))];
    }

    private static void Check(string contract, string schema, string json)
    {
        var document = Contracts.Read(contract);
        var wrong = new SchemaCheck(document).Check(JsonDocument.Parse(json).RootElement, document.GetProperty("components").GetProperty("schemas").GetProperty(schema));
        Assert.True(wrong.Count == 0, $"{schema}: {string.Join("; ", wrong)}\n{json}");
    }
}
