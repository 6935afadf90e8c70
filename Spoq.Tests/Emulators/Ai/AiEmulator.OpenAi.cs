using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Emulators.Ai;

public sealed partial class AiEmulator
{
    private async Task ChatAsync(HttpContext http, AiScript script, LedgerEntry entry)
    {
        var body = (JsonElement)http.Items["body"]!;
        var isChat = http.Request.Path.Value!.EndsWith("/chat/completions", StringComparison.Ordinal);
        var model = body.GetProperty("model").GetString();
        var hasTools = body.TryGetProperty("tools", out var tools) && tools.GetArrayLength() > 0;
        object Usage(int made) => new
        {
            prompt_tokens = script.Prompt,
            completion_tokens = made,
            total_tokens = script.Prompt + made,
            prompt_tokens_details = new { cached_tokens = script.Cached, audio_tokens = 0 },
            completion_tokens_details = new { reasoning_tokens = 0, audio_tokens = 0, accepted_prediction_tokens = 0, rejected_prediction_tokens = 0 },
        };
        if (!body.TryGetProperty("stream", out var stream) || stream.ValueKind != JsonValueKind.True)
        {
            entry.Completion = script.Tokens;
            entry.ToldUsage = script.Fault is not ("no_usage" or "truncated");
            object message = hasTools
                ? new { role = "assistant", content = (string?)null, refusal = (string?)null, tool_calls = new[] { new { id = "call_1", type = "function", function = new { name = "weather", arguments = "{\"city\":\"Bern\"}" } } } }
                : new { role = "assistant", content = script.Text(), refusal = (string?)null };
            object choice = isChat
                ? new { index = 0, message, logprobs = (object?)null, finish_reason = hasTools ? "tool_calls" : "stop" }
                : new { index = 0, text = script.Text(), logprobs = (object?)null, finish_reason = "stop" };
            var answer = new Dictionary<string, object?> { ["id"] = "chatcmpl-1", ["object"] = isChat ? "chat.completion" : "text_completion", ["created"] = 1_700_000_000, ["model"] = model, ["choices"] = new[] { choice } };
            if (script.Fault != "no_usage")
            {
                answer["usage"] = Usage(script.Tokens);
            }

            if (script.Fault == "truncated")
            {
                http.Response.ContentType = "application/json";
                http.Response.ContentLength = 5000;
                await http.Response.WriteAsync("{\"id\":\"chatcmpl-1\",", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                http.Abort();
                return;
            }

            await WriteJsonAsync(http, answer);
            return;
        }

        var asksUsage = body.TryGetProperty("stream_options", out var options) && options.TryGetProperty("include_usage", out var include) && include.GetBoolean();
        http.Response.ContentType = "text/event-stream";
        string Chunk(object choice, object? running = null) => Line(new Dictionary<string, object?> { ["id"] = "chatcmpl-1", ["object"] = isChat ? "chat.completion.chunk" : "text_completion", ["created"] = 1_700_000_000, ["model"] = model, ["choices"] = new[] { choice } }, asksUsage, running);
        object Piece(object delta, string? finish) => isChat ? new { index = 0, delta, logprobs = (object?)null, finish_reason = finish } : new { index = 0, text = delta, logprobs = (object?)null, finish_reason = finish };
        if (isChat)
        {
            await SendAsync(http, script, Chunk(Piece(new { role = "assistant", content = "" }, null)));
        }

        for (var i = 0; i < script.Tokens; i++)
        {
            if (await BreaksAsync(http, script, i))
            {
                return;
            }

            entry.Completion++;
            object delta = !isChat ? script.Word(i)
                : !hasTools ? new { content = script.Word(i) }
                : i == 0 ? new { tool_calls = new[] { new { index = 0, id = "call_1", type = "function", function = new { name = "weather", arguments = "{\"city\":" } } } }
                : new { tool_calls = new[] { new { index = 0, function = new { arguments = i == 1 ? "\"Bern\"}" : " " } } } };
            await SendAsync(http, script, Chunk(Piece(delta, null), script.Fault == "running_usage" ? Usage(i + 1) : null));
        }

        await SendAsync(http, script, Chunk(Piece(isChat ? new { } : "", hasTools ? "tool_calls" : "stop")));
        if (asksUsage && script.Fault != "no_usage")
        {
            entry.ToldUsage = true;
            await SendAsync(http, script, Line(new Dictionary<string, object?> { ["id"] = "chatcmpl-1", ["object"] = "chat.completion.chunk", ["created"] = 1_700_000_000, ["model"] = model, ["choices"] = Array.Empty<object>(), ["usage"] = Usage(script.Tokens) }, false));
        }

        await SendAsync(http, script, "data: [DONE]\n\n");
        await StayAsync(http, script);
    }

    private async Task EmbeddingsAsync(HttpContext http, AiScript script, LedgerEntry entry)
    {
        entry.ToldUsage = true;
        await WriteJsonAsync(http, new
        {
            @object = "list",
            data = new[] { new { @object = "embedding", index = 0, embedding = new[] { 0.5, -0.5 } } },
            model = ((JsonElement)http.Items["body"]!).GetProperty("model").GetString(),
            usage = new { prompt_tokens = script.Prompt, total_tokens = script.Prompt },
        });
    }

    public static string Word(int at) => at == 0 ? "word0" : $" word{at}";

    public static string Words(int count) => string.Concat(Enumerable.Range(0, count).Select(Word));

    private static string Line(Dictionary<string, object?> chunk, bool tellsUsage, object? running = null)
    {
        if (tellsUsage)
        {
            chunk["usage"] = running;
        }

        return $"data: {JsonSerializer.Serialize(chunk)}\n\n";
    }
}
