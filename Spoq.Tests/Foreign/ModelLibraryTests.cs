using System.Text.Json;
using Spoq.Tests.Ai;
using Spoq.Tests.Emulators.Ai;

namespace Spoq.Tests.Foreign;

/// <summary>The vendors' own libraries, unmodified, with our address and our key; upstreams of either form behind.</summary>
public sealed class ModelLibraryTests(AiWorld world) : IClassFixture<AiWorld>
{
    [NodeTheory]
    [InlineData(AiWorld.Model)]
    [InlineData(AiWorld.Claude)]
    public async Task The_openai_library_works_whatever_form_the_upstream_has(string model)
    {
        var result = await RunAsync("openai.mjs", model);

        Assert.Equal(AiEmulator.Words(4), result.GetProperty("whole").GetString());
        Assert.Equal((11, 4), (result.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), result.GetProperty("usage").GetProperty("completion_tokens").GetInt32()));
        Assert.Equal(AiEmulator.Words(6), result.GetProperty("streamed").GetString());
        Assert.Equal((11, 6), (result.GetProperty("streamed_usage").GetProperty("prompt_tokens").GetInt32(), result.GetProperty("streamed_usage").GetProperty("completion_tokens").GetInt32()));
        Assert.Equal(6, result.GetProperty("pieces").GetInt32());
        foreach (var tool in new[] { result.GetProperty("tool"), result.GetProperty("streamed_tool") })
        {
            Assert.Equal("weather", tool.GetProperty("function").GetProperty("name").GetString());
            Assert.Equal("Bern", JsonDocument.Parse(tool.GetProperty("function").GetProperty("arguments").GetString()!).RootElement.GetProperty("city").GetString());
        }

        Assert.Equal("tool_calls", result.GetProperty("tool_finish").GetString());
        Assert.Equal(AiEmulator.Words(2), result.GetProperty("after").GetString());
        Assert.Contains(model, result.GetProperty("models").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(model, result.GetProperty("model").GetString());
        Assert.Equal(("NotFoundError", "model_not_found"), Error(result, "unknown", "code"));
        Assert.Equal(("AuthenticationError", "invalid_token"), Error(result, "stranger", "code"));
        Assert.Equal(("APIError", "upstream_disconnected"), Error(result, "cut", "code"));
        Assert.True(Guid.TryParse(result.GetProperty("request_id").GetString(), out _));
        if (model == AiWorld.Model)
        {
            Assert.Equal(2, result.GetProperty("embedding").GetArrayLength());
            Assert.Equal(AiEmulator.Words(2), result.GetProperty("completion").GetString());
        }
    }

    [NodeTheory]
    [InlineData(AiWorld.Claude)]
    [InlineData(AiWorld.Model)]
    public async Task The_anthropic_library_works_whatever_form_the_upstream_has(string model)
    {
        var result = await RunAsync("anthropic.mjs", model);

        Assert.Equal((AiEmulator.Words(4), "end_turn"), (result.GetProperty("whole").GetString(), result.GetProperty("stop").GetString()));
        Assert.Equal((11, 4), (result.GetProperty("usage").GetProperty("input_tokens").GetInt32(), result.GetProperty("usage").GetProperty("output_tokens").GetInt32()));
        Assert.Equal(AiEmulator.Words(6), result.GetProperty("streamed").GetString());
        Assert.Equal((11, 6), (result.GetProperty("streamed_usage").GetProperty("input_tokens").GetInt32(), result.GetProperty("streamed_usage").GetProperty("output_tokens").GetInt32()));
        Assert.Equal(6, result.GetProperty("pieces").GetInt32());
        Assert.Equal(("weather", "Bern"), Tool(result, "tool"));
        Assert.Equal(("weather", "Bern"), Tool(result, "streamed_tool"));
        Assert.Equal("tool_use", result.GetProperty("tool_stop").GetString());
        Assert.Equal(AiEmulator.Words(2), result.GetProperty("after").GetString());
        Assert.True(result.GetProperty("count").GetInt32() > 0);
        Assert.Contains(model, result.GetProperty("models").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(("NotFoundError", "not_found_error"), Error(result, "unknown", "type"));
        Assert.Equal(("AuthenticationError", "authentication_error"), Error(result, "stranger", "type"));
        Assert.Equal("api_error", Error(result, "cut", "type").What);
        Assert.True(Guid.TryParse(result.GetProperty("request_id").GetString(), out _));
    }

    private static (string? Name, string? City) Tool(JsonElement result, string name) =>
        (result.GetProperty(name).GetProperty("name").GetString(), result.GetProperty(name).GetProperty("input").GetProperty("city").GetString());

    private static (string? Name, string? What) Error(JsonElement result, string name, string what)
    {
        var error = result.GetProperty(name);
        return (error.GetProperty("name").GetString(), error.TryGetProperty(what, out var value) ? value.GetString() : null);
    }

    private async Task<JsonElement> RunAsync(string script, string model)
    {
        var variables = new Dictionary<string, string> { ["BASE_URL"] = world.Server.BaseUrl.AbsoluteUri.TrimEnd('/'), ["KEY"] = world.Key, ["MODEL"] = model };
        if (model == AiWorld.Model)
        {
            variables["EMBEDDINGS"] = "1";
        }

        await using var run = await Node.StartAsync(script, variables);
        return JsonDocument.Parse((await run.LineAsync("DONE "))["DONE ".Length..]).RootElement;
    }
}
