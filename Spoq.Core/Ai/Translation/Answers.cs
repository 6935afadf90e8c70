using System.Text.Json.Nodes;
using static Spoq.Core.Ai.Translation.JsonReading;

namespace Spoq.Core.Ai.Translation;

/// <summary>Whole answers in the other form's words.</summary>
public static class Answers
{
    /// <param name="message">Anthropic's answer.</param>
    /// <param name="model">What the caller calls the model.</param>
    /// <param name="created">In seconds.</param>
    public static JsonObject ToOpenAi(JsonObject message, string model, long created, in TokenUsage usage)
    {
        var blocks = (message.List("content") ?? []).OfType<JsonObject>().ToList();
        var text = string.Concat(blocks.Where(block => block.Text("type") == "text").Select(block => block.Text("text")));
        var calls = blocks.Where(block => block.Text("type") == "tool_use").Select(block => (JsonNode)new JsonObject
        {
            ["id"] = block.Text("id"),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = block.Text("name"), ["arguments"] = block["input"]?.ToJsonString() ?? "{}" },
        }).ToArray();
        var said = new JsonObject { ["role"] = "assistant", ["content"] = text.Length > 0 || calls.Length == 0 ? text : null, ["refusal"] = null };
        if (calls.Length > 0)
        {
            said["tool_calls"] = new JsonArray(calls);
        }

        return new JsonObject
        {
            ["id"] = "chatcmpl-" + (message.Text("id") ?? ""),
            ["object"] = "chat.completion",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = said, ["logprobs"] = null, ["finish_reason"] = Reasons.ToOpenAi(message.Text("stop_reason")) }),
            ["usage"] = OpenAiUsage(usage),
        };
    }

    /// <param name="chat">OpenAI's answer.</param>
    /// <param name="model">What the caller calls the model.</param>
    public static JsonObject ToAnthropic(JsonObject chat, string model, in TokenUsage usage)
    {
        var choice = chat.List("choices")?.FirstOrDefault();
        var said = choice.Object("message");
        var blocks = new JsonArray();
        if ((said?["content"].Flat() is { Length: > 0 } text ? text : said.Text("refusal")) is { Length: > 0 } words)
        {
            blocks.Add((JsonNode)TextBlock(words));
        }

        foreach (var call in said.List("tool_calls") ?? [])
        {
            var function = call.Object("function");
            blocks.Add((JsonNode)ToolUse(call.Text("id"), function.Text("name"), ParseObject(function.Text("arguments"))));
        }

        return Message(chat.Text("id"), model, blocks, Reasons.ToAnthropic(choice.Text("finish_reason")), usage);
    }

    internal static JsonObject Message(string? id, string model, JsonArray blocks, string? reason, in TokenUsage usage) => new()
    {
        ["id"] = "msg_" + id,
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = model,
        ["content"] = blocks,
        ["container"] = null,
        ["diagnostics"] = null,
        ["stop_reason"] = reason,
        ["stop_details"] = null,
        ["stop_sequence"] = null,
        ["usage"] = AnthropicUsage(usage),
    };

    internal static JsonObject TextBlock(string text) => new() { ["type"] = "text", ["text"] = text, ["citations"] = null };

    internal static JsonObject ToolUse(string? id, string? name, JsonNode input) => new()
    {
        ["type"] = "tool_use",
        ["id"] = id,
        ["name"] = name,
        ["input"] = input,
        ["caller"] = new JsonObject { ["type"] = "direct" },
    };

    internal static JsonObject OpenAiUsage(in TokenUsage usage)
    {
        var (prompt, completion) = (usage.Input + usage.CachedInput + usage.CacheWrite, usage.Output + usage.Reasoning);
        return new JsonObject
        {
            ["prompt_tokens"] = prompt,
            ["completion_tokens"] = completion,
            ["total_tokens"] = prompt + completion,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = usage.CachedInput, ["cache_write_tokens"] = usage.CacheWrite },
            ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = usage.Reasoning },
        };
    }

    internal static JsonObject AnthropicUsage(in TokenUsage usage)
    {
        var told = AnthropicDeltaUsage(usage);
        told["cache_creation"] = null;
        told["inference_geo"] = null;
        told["service_tier"] = null;
        told["speed"] = null;
        return told;
    }

    /// <summary>As the end of a stream tells it.</summary>
    internal static JsonObject AnthropicDeltaUsage(in TokenUsage usage) => new()
    {
        ["input_tokens"] = usage.Input,
        ["cache_creation_input_tokens"] = usage.CacheWrite,
        ["cache_read_input_tokens"] = usage.CachedInput,
        ["output_tokens"] = usage.Output + usage.Reasoning,
        ["output_tokens_details"] = usage.Reasoning > 0 ? new JsonObject { ["thinking_tokens"] = usage.Reasoning } : null,
        ["server_tool_use"] = null,
    };
}
