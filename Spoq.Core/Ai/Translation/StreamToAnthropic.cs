using System.Text.Json.Nodes;

namespace Spoq.Core.Ai.Translation;

/// <summary>OpenAI's chunks as Anthropic's events: blocks are opened and closed around what belongs together.</summary>
/// <param name="model">What the caller calls the model.</param>
/// <param name="promptTokens">Told at the start, where OpenAI has not counted yet; the end corrects it.</param>
public sealed class StreamToAnthropic(string model, long promptTokens) : StreamTranslation
{
    private const long Words = -1;

    private bool _isStarted;
    private long? _open;
    private int _block = -1;
    private string? _finish;

    protected override void End(in TokenUsage usage)
    {
        Start(null);
        Close();
        Write("message_delta", new JsonObject
        {
            ["type"] = "message_delta",
            ["delta"] = new JsonObject { ["container"] = null, ["stop_details"] = null, ["stop_reason"] = Reasons.ToAnthropic(_finish), ["stop_sequence"] = null },
            ["usage"] = Answers.AnthropicDeltaUsage(usage),
        });
        Write("message_stop", new JsonObject { ["type"] = "message_stop" });
    }

    protected override void Take(JsonObject said)
    {
        if (said.Object("error") is { } error)
        {
            Write("error", new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = "api_error", ["message"] = error.Text("message") } });
            return;
        }

        Start(said.Text("id"));
        var choice = said.List("choices")?.FirstOrDefault();
        var delta = choice.Object("delta");
        if ((delta.Text("content") ?? delta.Text("refusal")) is { Length: > 0 } text)
        {
            Open(Words, () => Answers.TextBlock(""));
            Delta(new JsonObject { ["type"] = "text_delta", ["text"] = text });
        }

        foreach (var call in delta.List("tool_calls") ?? [])
        {
            var function = call.Object("function");
            Open(call.Number("index") ?? 0, () => Answers.ToolUse(call.Text("id"), function.Text("name"), new JsonObject()));
            if (function.Text("arguments") is { Length: > 0 } arguments)
            {
                Delta(new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = arguments });
            }
        }

        _finish = choice.Text("finish_reason") ?? _finish;
    }

    private void Start(string? id)
    {
        if (_isStarted)
        {
            return;
        }

        _isStarted = true;
        var message = Answers.Message(id, model, [], null, new TokenUsage(promptTokens, 0, 0, 0, 0));
        Write("message_start", new JsonObject { ["type"] = "message_start", ["message"] = message });
    }

    private void Open(long what, Func<JsonObject> block)
    {
        if (_open == what)
        {
            return;
        }

        Close();
        _open = what;
        _block++;
        Write("content_block_start", new JsonObject { ["type"] = "content_block_start", ["index"] = _block, ["content_block"] = block() });
    }

    private void Close()
    {
        if (_open is not null)
        {
            _open = null;
            Write("content_block_stop", new JsonObject { ["type"] = "content_block_stop", ["index"] = _block });
        }
    }

    private void Delta(JsonObject delta) => Write("content_block_delta", new JsonObject { ["type"] = "content_block_delta", ["index"] = _block, ["delta"] = delta });
}
