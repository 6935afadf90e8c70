using System.Text.Json.Nodes;
using static Spoq.Core.Ai.Translation.JsonReading;

namespace Spoq.Core.Ai.Translation;

/// <summary>A message request of Anthropic's form in OpenAI's words.</summary>
public static class ToOpenAi
{
    /// <param name="message">A request that <see cref="AiRequestReader"/> has read.</param>
    /// <param name="model">What the upstream calls it.</param>
    public static Result<JsonObject> Request(JsonObject message, string model)
    {
        if (Untranslatable.InMessage(message) is { } no)
        {
            return no;
        }

        var messages = new JsonArray();
        if (message["system"].Flat() is { Length: > 0 } system)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = "system", ["content"] = system });
        }

        foreach (var one in message.List("messages")!.OfType<JsonObject>())
        {
            Append(messages, one);
        }

        var request = new JsonObject { ["model"] = model, ["messages"] = messages };
        Copy(message, request, "max_tokens");
        Copy(message, request, "temperature");
        Copy(message, request, "top_p");
        Copy(message, request, "stop_sequences", "stop");
        if (message.IsTrue("stream"))
        {
            request["stream"] = true;
            request["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        if (message.Object("output_config") is { } output)
        {
            Copy(output, request, "effort", "reasoning_effort");
            if (output.Object("format").Object("schema") is { } schema)
            {
                request["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "answer", ["schema"] = schema.DeepClone(), ["strict"] = true } };
            }
        }

        if (message.Object("metadata").Text("user_id") is { } user)
        {
            request["user"] = user;
        }

        Tools(message, request);
        return request;
    }

    private static void Tools(JsonObject message, JsonObject request)
    {
        var tools = (message.List("tools") ?? []).OfType<JsonObject>().Select(tool =>
        {
            var function = new JsonObject { ["name"] = tool.Text("name") };
            Copy(tool, function, "description");
            Copy(tool, function, "input_schema", "parameters");
            Copy(tool, function, "strict");
            return (JsonNode)new JsonObject { ["type"] = "function", ["function"] = function };
        }).ToArray();
        if (tools.Length == 0)
        {
            return;
        }

        request["tools"] = new JsonArray(tools);
        if (message.Object("tool_choice") is not { } choice)
        {
            return;
        }

        request["tool_choice"] = choice.Text("type") switch
        {
            "any" => "required",
            "none" => "none",
            "tool" => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = choice.Text("name") } },
            _ => "auto",
        };
        if (choice.IsTrue("disable_parallel_tool_use"))
        {
            request["parallel_tool_calls"] = false;
        }
    }

    private static void Append(JsonArray messages, JsonObject message)
    {
        var isAssistant = message.Text("role") == "assistant";
        if (message["content"] is not JsonArray blocks)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = isAssistant ? "assistant" : "user", ["content"] = message["content"].Flat() });
            return;
        }

        var parts = new JsonArray();
        var calls = new JsonArray();
        foreach (var block in blocks.OfType<JsonObject>())
        {
            switch (block.Text("type"))
            {
                case "tool_use":
                    calls.Add((JsonNode)new JsonObject
                    {
                        ["id"] = block.Text("id"),
                        ["type"] = "function",
                        ["function"] = new JsonObject { ["name"] = block.Text("name"), ["arguments"] = block["input"]?.ToJsonString() ?? "{}" },
                    });
                    break;
                case "tool_result":
                    // Results come before whatever the person says in the same turn.
                    messages.Add((JsonNode)new JsonObject { ["role"] = "tool", ["tool_call_id"] = block.Text("tool_use_id"), ["content"] = block["content"].Flat() });
                    break;
                default:
                    if (Part(block) is { } part)
                    {
                        parts.Add((JsonNode)part);
                    }

                    break;
            }
        }

        if (isAssistant)
        {
            var said = new JsonObject { ["role"] = "assistant", ["content"] = parts.Count > 0 ? parts.Flat() : null };
            if (calls.Count > 0)
            {
                said["tool_calls"] = calls;
            }

            messages.Add((JsonNode)said);
        }
        else if (parts.Count > 0)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = parts.All(part => part.Text("type") == "text") ? parts.Flat() : parts });
        }
    }

    private static JsonObject? Part(JsonObject block) => block.Text("type") switch
    {
        "text" => new JsonObject { ["type"] = "text", ["text"] = block.Text("text") },
        "image" when block.Object("source") is { } source => new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = Address(source) } },
        "document" when block.Object("source") is { } source && source.Text("type") == "text" => new JsonObject { ["type"] = "text", ["text"] = source.Text("data") },
        "document" when block.Object("source") is { } source => new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["filename"] = block.Text("title") ?? "document.pdf", ["file_data"] = Address(source) } },

        // Thoughts are signed for their own maker and mean nothing to another.
        _ => null,
    };

    private static string Address(JsonObject source) =>
        source.Text("type") == "base64" ? $"data:{source.Text("media_type")};base64,{source.Text("data")}" : source.Text("url") ?? "";
}
