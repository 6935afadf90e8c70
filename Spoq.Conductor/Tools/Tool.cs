using System.Text;
using System.Text.Json;
using Spoq.Core;

namespace Spoq.Conductor.Tools;

/// <summary>What a tool gave back; the model reads it.</summary>
internal sealed record ToolOutcome(string Output, bool IsError = false)
{
    public static ToolOutcome Error(string message) => new(message, IsError: true);

    public static ToolOutcome Error(Refusal refusal) => new(refusal.Message, IsError: true);
}

/// <summary>One thing that a model can do on this computer.</summary>
internal abstract class Tool
{
    public abstract string Name { get; }

    public abstract string Description { get; }

    /// <summary>JSON Schema of its arguments.</summary>
    public abstract string Schema { get; }

    /// <summary>It may need the person's word: it changes something.</summary>
    public abstract bool IsChange { get; }

    /// <summary>One line for people.</summary>
    public abstract string Summarize(ToolArguments arguments);

    public abstract Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken);
}

/// <summary>What a model wrote, read with patience: a number may come as text.</summary>
internal sealed class ToolArguments
{
    private readonly JsonElement _root;

    private ToolArguments(JsonElement root) => _root = root;

    /// <summary>Null: not a JSON object.</summary>
    public static ToolArguments? Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text, new JsonDocumentOptions { MaxDepth = 16 });
            return json.RootElement.ValueKind == JsonValueKind.Object ? new ToolArguments(json.RootElement.Clone()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string? Text(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public int? Number(string name) => _root.TryGetProperty(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt32(out var number) => number,
            JsonValueKind.String when int.TryParse(value.GetString(), out var number) => number,
            _ => null,
        }
        : null;

    public bool Flag(string name) => _root.TryGetProperty(name, out var value) && (value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && value.ValueEquals("true")));
}

/// <summary>Keeps the beginning and the end of what is too long, because errors stand at either.</summary>
internal static class Excerpt
{
    public const int MaxCharacters = 60_000;

    public static string Of(string text) => text.Length <= MaxCharacters
        ? text
        : new StringBuilder(MaxCharacters + 80)
            .Append(text.AsSpan(0, MaxCharacters / 2))
            .Append($"\n[... {text.Length - MaxCharacters} characters left out ...]\n")
            .Append(text.AsSpan(text.Length - (MaxCharacters / 2)))
            .ToString();
}
