using System.Text.Json.Nodes;
using static Spoq.Core.Ai.Translation.JsonReading;

namespace Spoq.Core.Ai.Translation;

/// <summary>A chat request of the OpenAI form in Anthropic's words.</summary>
public static class ToAnthropic
{
    /// <param name="chat">A request that <see cref="AiRequestReader"/> has read.</param>
    /// <param name="model">What the upstream calls it.</param>
    /// <param name="maxOutput">Anthropic wants a limit, OpenAI's programs need not set one.</param>
    public static Result<JsonObject> Request(JsonObject chat, string model, long maxOutput)
    {
        if (Untranslatable.InChat(chat) is { } no)
        {
            return no;
        }

        var system = new JsonArray();
        var messages = new JsonArray();
        foreach (var message in chat.List("messages")!.OfType<JsonObject>())
        {
            if (message.Text("role") is "system" or "developer")
            {
                system.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = message["content"].Flat() });
            }
            else
            {
                Append(messages, message.Text("role") == "assistant" ? "assistant" : "user", Blocks(message));
            }
        }

        var request = new JsonObject { ["model"] = model, ["max_tokens"] = Math.Max(1, Math.Min(chat.Number("max_completion_tokens") ?? chat.Number("max_tokens") ?? maxOutput, maxOutput)), ["messages"] = messages };
        if (system.Count > 0)
        {
            request["system"] = system;
        }

        Options(chat, request);
        Tools(chat, request);
        return request;
    }

    private static void Options(JsonObject chat, JsonObject request)
    {
        Copy(chat, request, "stream");
        Copy(chat, request, "top_p");

        // OpenAI's goes to 2, Anthropic's to 1.
        if (chat["temperature"] is JsonValue value && value.TryGetValue<double>(out var temperature))
        {
            request["temperature"] = Math.Clamp(temperature, 0, 1);
        }

        if (chat["stop"] is { } stop)
        {
            request["stop_sequences"] = stop is JsonArray ? stop.DeepClone() : new JsonArray(stop.DeepClone());
        }

        var output = new JsonObject();
        if (chat.Object("response_format").Object("json_schema").Object("schema") is { } schema)
        {
            output["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = schema.DeepClone() };
        }

        Copy(chat, output, "reasoning_effort", "effort");
        if (output.Count > 0)
        {
            request["output_config"] = output;
        }

        if ((chat.Text("user") ?? chat.Text("safety_identifier")) is { Length: > 0 } user)
        {
            request["metadata"] = new JsonObject { ["user_id"] = user };
        }
    }

    private static void Tools(JsonObject chat, JsonObject request)
    {
        if (chat.List("tools") is not { Count: > 0 } tools)
        {
            return;
        }

        request["tools"] = new JsonArray([.. tools.Select(tool => tool.Object("function")).OfType<JsonObject>().Select(function =>
        {
            var translated = new JsonObject { ["name"] = function.Text("name") };
            Copy(function, translated, "description");
            Copy(function, translated, "strict");
            translated["input_schema"] = function["parameters"]?.DeepClone() ?? new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() };
            return (JsonNode)translated;
        })]);
        var choice = chat["tool_choice"] switch
        {
            JsonValue value when value.Text() == "none" => new JsonObject { ["type"] = "none" },
            JsonValue value when value.Text() == "required" => new JsonObject { ["type"] = "any" },
            JsonValue => new JsonObject { ["type"] = "auto" },
            JsonObject named => new JsonObject { ["type"] = "tool", ["name"] = named.Object("function").Text("name") },
            _ => null,
        };
        if (chat["parallel_tool_calls"] is JsonValue parallel && parallel.TryGetValue<bool>(out var many) && !many && choice?.Text("type") != "none")
        {
            choice ??= new JsonObject { ["type"] = "auto" };
            choice["disable_parallel_tool_use"] = true;
        }

        if (choice is not null)
        {
            request["tool_choice"] = choice;
        }
    }

    /// <summary>Anthropic wants the turns to alternate, with all results of a turn's tools in one message.</summary>
    private static void Append(JsonArray messages, string role, List<JsonNode> blocks)
    {
        if (messages.LastOrDefault() is JsonObject last && last.Text("role") == role)
        {
            foreach (var block in blocks)
            {
                last.List("content")!.Add(block);
            }
        }
        else if (blocks.Count > 0)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = role, ["content"] = new JsonArray([.. blocks]) });
        }
    }

    private static List<JsonNode> Blocks(JsonObject message)
    {
        if (message.Text("role") == "tool")
        {
            return [new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = message.Text("tool_call_id"), ["content"] = message["content"].Flat() }];
        }

        var blocks = message["content"] switch
        {
            JsonArray parts => parts.Select(Part).OfType<JsonNode>().ToList(),
            var text when text.Text() is { Length: > 0 } words => [Words(words)],
            _ => [],
        };
        foreach (var call in message.List("tool_calls") ?? [])
        {
            var function = call.Object("function");
            blocks.Add(new JsonObject { ["type"] = "tool_use", ["id"] = call.Text("id"), ["name"] = function.Text("name"), ["input"] = ParseObject(function.Text("arguments")) });
        }

        return blocks;
    }

    private static JsonObject? Part(JsonNode? part) => part.Text("type") switch
    {
        "text" when part.Text("text") is { Length: > 0 } text => Words(text),
        "refusal" when part.Text("refusal") is { Length: > 0 } refusal => Words(refusal),
        "image_url" when part.Object("image_url").Text("url") is { } url => new JsonObject { ["type"] = "image", ["source"] = Source(url) },
        "file" when part.Object("file").Text("file_data") is { } data => new JsonObject { ["type"] = "document", ["source"] = Source(data) },
        _ => null,
    };

    private static JsonObject Words(string text) => new() { ["type"] = "text", ["text"] = text };

    /// <summary><c>data:image/png;base64,…</c> is taken apart, an address stays one.</summary>
    private static JsonObject Source(string url)
    {
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (!url.StartsWith("data:", StringComparison.Ordinal) || comma < 0)
        {
            return new JsonObject { ["type"] = "url", ["url"] = url };
        }

        return new JsonObject { ["type"] = "base64", ["media_type"] = url[5..comma].Split(';')[0], ["data"] = url[(comma + 1)..] };
    }
}
