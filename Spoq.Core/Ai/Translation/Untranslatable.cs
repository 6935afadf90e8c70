using System.Text.Json.Nodes;

namespace Spoq.Core.Ai.Translation;

/// <summary>
/// What the other form has no words for is refused by name: an answer to less than was asked is worse than none. Hints
/// that change no answer, such as those about caches, stay behind, and so do members that neither form knows.
/// </summary>
internal static class Untranslatable
{
    private static readonly string[] s_ofChat =
    [
        "audio", "function_call", "functions", "logit_bias", "moderation", "seed", "top_logprobs", "web_search_options",
    ];

    private static readonly string[] s_ofMessage =
    [
        "container", "context_management", "diagnostics", "inference_geo", "mcp_servers", "top_k", "user_profile_id", "workspace_id",
    ];

    /// <summary>Null: all of a chat request of OpenAI's form can be said in Anthropic's.</summary>
    public static Refusal? InChat(JsonObject chat) =>
        chat.Number("n") is > 1 ? AiRefusals.NotTranslatable("n", "This model gives one answer at a time. Leave it out.")
        : chat.IsTrue("logprobs") ? Unknown("logprobs")
        : IsOtherThanZero(chat, "frequency_penalty") ? Unknown("frequency_penalty")
        : IsOtherThanZero(chat, "presence_penalty") ? Unknown("presence_penalty")
        : chat.IsTrue("store") ? Unknown("store")
        : chat.Text("verbosity") is not (null or "medium") ? Unknown("verbosity")
        : chat.Text("service_tier") is not (null or "auto" or "default") ? Unknown("service_tier")
        : chat.Text("reasoning_effort") is "none" or "minimal" ? AiRefusals.NotTranslatable("reasoning_effort", "This model knows low, medium, high, xhigh and max.")
        : chat.List("modalities")?.Any(one => one.Text() != "text") == true ? Unknown("modalities")
        : chat["response_format"] is { } format && FormatProblem(format) is { } no ? no
        : chat.List("tools")?.Any(tool => tool.Text("type") != "function") == true ? AiRefusals.NotTranslatable("tools", "This model takes functions only.")
        : chat["tool_choice"] is JsonObject choice && choice.Text("type") != "function" ? Unknown("tool_choice")
        : s_ofChat.FirstOrDefault(name => IsThere(chat, name)) is { } member ? Unknown(member)
        : chat.List("messages")!.Select(InChatMessage).FirstOrDefault(found => found is not null);

    /// <summary>Null: all of a request of Anthropic's form can be said in OpenAI's.</summary>
    public static Refusal? InMessage(JsonObject message) =>
        message.Object("thinking").Text("type") is not (null or "disabled") ? AiRefusals.NotTranslatable("thinking", "This model takes no budget for thoughts. Leave it out, or set \"output_config.effort\".")
        : message.Text("speed") is not (null or "standard") ? Unknown("speed")
        : message.List("tools")?.Any(tool => tool.Object("input_schema") is null) == true ? AiRefusals.NotTranslatable("tools", "This model cannot run tools by itself. Give each one an \"input_schema\" and answer its calls.")
        : s_ofMessage.FirstOrDefault(name => IsThere(message, name)) is { } member ? Unknown(member)
        : message.List("messages")!.SelectMany(one => one.List("content") ?? []).Select(InBlock).FirstOrDefault(found => found is not null);

    private static Refusal? InChatMessage(JsonNode? message) =>
        message.Text("role") == "function" || IsThere(message, "function_call") ? AiRefusals.NotTranslatable("messages", "Write calls as \"tool_calls\" and their results with the role \"tool\".")
        : IsThere(message, "audio") ? AiRefusals.NotTranslatable("messages", "This model takes no sound.")
        : message.List("tool_calls")?.Any(call => call.Text("type") is not (null or "function")) == true ? AiRefusals.NotTranslatable("messages", "This model takes calls of functions only.")
        : message.List("content")?.Any(part => !IsTranslatable(part, isTextOnly: message.Text("role") is not ("user" or "assistant"))) == true
            ? AiRefusals.NotTranslatable("messages", "This model takes text, images by address or as data, and files as data; only a user's message has other than text.")
        : null;

    private static bool IsTranslatable(JsonNode? part, bool isTextOnly) => part.Text("type") switch
    {
        "text" or "refusal" => true,
        "image_url" => !isTextOnly && part.Object("image_url").Text("url") is not null,
        "file" => !isTextOnly && part.Object("file").Text("file_data") is not null,
        _ => false,
    };

    private static Refusal? InBlock(JsonNode? block) => block.Text("type") switch
    {
        "text" or "tool_use" or "thinking" or "redacted_thinking" => null,
        "image" or "document" when block.Object("source").Text("type") is "base64" or "url" or "text" => null,
        "tool_result" when block.List("content")?.Any(part => part.Text("type") != "text") != true => null,
        "tool_result" => AiRefusals.NotTranslatable("messages", "This model takes text only as the result of a tool."),
        var other => AiRefusals.NotTranslatable("messages", $"This model takes no block of the type \"{other}\" with such a source."),
    };

    private static Refusal? FormatProblem(JsonNode format) => format.Text("type") switch
    {
        "text" => null,
        "json_schema" when format.Object("json_schema").Object("schema") is not null => null,
        _ => AiRefusals.NotTranslatable("response_format", "This model takes text, or json_schema with a schema."),
    };

    private static Refusal Unknown(string member) => AiRefusals.NotTranslatable(member, "This model does not know it. Leave it out, or use another model.");

    private static bool IsThere(JsonNode? node, string name) => (node as JsonObject)?[name] switch
    {
        null => false,
        JsonObject empty => empty.Count > 0,
        JsonArray empty => empty.Count > 0,
        _ => true,
    };

    private static bool IsOtherThanZero(JsonObject chat, string name) => chat[name] is JsonValue value && !(value.TryGetValue<double>(out var number) && number == 0);
}
