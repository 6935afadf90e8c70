using System.Buffers;
using System.Text.Json.Nodes;

namespace Spoq.Core.Ai.Translation;

/// <summary>Anthropic's events as OpenAI's chunks.</summary>
/// <param name="model">What the caller calls the model.</param>
/// <param name="created">In seconds.</param>
/// <param name="tellsUsage">The caller asked for it.</param>
public sealed class StreamToOpenAi(string model, long created, bool tellsUsage) : StreamTranslation
{
    private readonly Dictionary<long, int> _calls = [];
    private string _id = "chatcmpl-";

    protected override void End(in TokenUsage usage)
    {
        if (tellsUsage)
        {
            var last = Head(new JsonArray());
            last["usage"] = Answers.OpenAiUsage(usage);
            Write(null, last);
        }

        Output.Write("data: [DONE]\n\n"u8);
    }

    protected override void Take(JsonObject said)
    {
        switch (said.Text("type"))
        {
            case "message_start":
                _id += said.Object("message").Text("id");
                Chunk(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null);
                break;
            case "content_block_start" when said.Object("content_block") is { } block && block.Text("type") == "tool_use":
                var number = _calls.Count;
                _calls[said.Number("index") ?? 0] = number;
                Chunk(Call(number, new JsonObject { ["name"] = block.Text("name"), ["arguments"] = "" }, block.Text("id")), null);
                break;
            case "content_block_delta" when said.Object("delta") is { } delta:
                Delta(said.Number("index") ?? 0, delta);
                break;
            case "message_delta" when said.Object("delta").Text("stop_reason") is { } reason:
                Chunk(new JsonObject(), Reasons.ToOpenAi(reason));
                break;
            case "error":
                var error = said.Object("error");
                Write(null, new JsonObject { ["error"] = new JsonObject { ["message"] = error.Text("message"), ["type"] = error.Text("type"), ["param"] = null, ["code"] = "upstream_error" } });
                break;
        }
    }

    private void Delta(long index, JsonObject delta)
    {
        switch (delta.Text("type"))
        {
            case "text_delta":
                Chunk(new JsonObject { ["content"] = delta.Text("text") }, null);
                break;
            case "input_json_delta" when _calls.TryGetValue(index, out var number):
                Chunk(Call(number, new JsonObject { ["arguments"] = delta.Text("partial_json") }, null), null);
                break;
        }
    }

    private static JsonObject Call(int number, JsonObject function, string? id)
    {
        var call = new JsonObject { ["index"] = number };
        if (id is not null)
        {
            call["id"] = id;
            call["type"] = "function";
        }

        call["function"] = function;
        return new JsonObject { ["tool_calls"] = new JsonArray(call) };
    }

    private void Chunk(JsonObject delta, string? finish)
    {
        var chunk = Head(new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finish }));
        if (tellsUsage)
        {
            chunk["usage"] = null;
        }

        Write(null, chunk);
    }

    private JsonObject Head(JsonArray choices) =>
        new() { ["id"] = _id, ["object"] = "chat.completion.chunk", ["created"] = created, ["model"] = model, ["choices"] = choices };
}
