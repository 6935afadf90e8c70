using System.Text;
using System.Text.Json;
using Spoq.Conductor.Sessions;

namespace Spoq.Conductor.Ask.OpenAi;

/// <summary>Puts an answer together from its chunks (<c>chat.completion.chunk</c>).</summary>
internal sealed class OpenAiAnswer
{
    private readonly SortedDictionary<int, Building> _calls = [];

    /// <summary>A chunk said why it ends: without one, the stream was cut.</summary>
    public bool HasEnded { get; private set; }

    public ModelUsage? Usage { get; private set; }

    /// <returns>The text of this chunk, if it has any.</returns>
    public string? Take(ReadOnlyMemory<byte> chunk)
    {
        using var json = JsonDocument.Parse(chunk);
        var root = json.RootElement;
        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            throw new ModelException("model_failed", error.TryGetProperty("message", out var said) ? $"The model failed: {said}" : "The model failed. Try again.");
        }

        if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            Usage = new ModelUsage(usage.GetProperty("prompt_tokens").GetInt32(), usage.TryGetProperty("completion_tokens", out var output) ? output.GetInt32() : 0);
        }

        // The chunk with the usage has no choices.
        if (!root.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0)
        {
            return null;
        }

        var choice = choices[0];
        HasEnded |= choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String;
        return choice.TryGetProperty("delta", out var delta) ? TakeDelta(delta) : null;
    }

    public IEnumerable<ToolCall> Calls() => _calls.Select(pair => new ToolCall(pair.Value.Id ?? $"call-{pair.Key}", pair.Value.Name.ToString(), pair.Value.Arguments.ToString()));

    /// <summary>Code and message of <c>{"error":{…}}</c>.</summary>
    public static async Task<(string? Code, string? Message)> ErrorOfAsync(HttpResponseMessage answer, int largest, CancellationToken cancellationToken)
    {
        try
        {
            await answer.Content.LoadIntoBufferAsync(largest, cancellationToken);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            var error = json.RootElement.GetProperty("error");
            return (Text(error, "code"), Text(error, "message"));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or HttpRequestException or IOException)
        {
            return (null, null);
        }
    }

    private string? TakeDelta(JsonElement delta)
    {
        if (delta.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in calls.EnumerateArray())
            {
                TakeCall(part);
            }
        }

        return Text(delta, "content");
    }

    /// <summary>The first part of a call has its id and name; its arguments come piece by piece.</summary>
    private void TakeCall(JsonElement part)
    {
        var index = part.TryGetProperty("index", out var number) && number.ValueKind == JsonValueKind.Number ? number.GetInt32() : _calls.Count;
        if (!_calls.TryGetValue(index, out var call))
        {
            _calls[index] = call = new Building();
        }

        call.Id = Text(part, "id") is { Length: > 0 } id ? id : call.Id;
        if (part.TryGetProperty("function", out var function))
        {
            call.Name.Append(Text(function, "name"));
            call.Arguments.Append(Text(function, "arguments"));
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private sealed class Building
    {
        public string? Id { get; set; }

        public StringBuilder Name { get; } = new();

        public StringBuilder Arguments { get; } = new();
    }
}
