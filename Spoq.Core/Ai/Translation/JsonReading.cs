using System.Text.Json;
using System.Text.Json.Nodes;

namespace Spoq.Core.Ai.Translation;

/// <summary>Careful looks into JSON that somebody else wrote: a wrong type is as good as nothing.</summary>
internal static class JsonReading
{
    public static string? Text(this JsonNode? node, string name) => (node as JsonObject)?[name].Text();

    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Number(this JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    public static bool IsTrue(this JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static JsonArray? List(this JsonNode? node, string name) => (node as JsonObject)?[name] as JsonArray;

    public static JsonObject? Object(this JsonNode? node, string name) => (node as JsonObject)?[name] as JsonObject;

    /// <summary>Takes a member over as it is.</summary>
    public static void Copy(JsonObject from, JsonObject to, string name, string? asName = null)
    {
        if (from[name] is { } value)
        {
            to[asName ?? name] = value.DeepClone();
        }
    }

    /// <summary>What a text holds as JSON; an object that is empty where it holds none.</summary>
    public static JsonNode ParseObject(string? text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) ? new JsonObject() : JsonNode.Parse(text) as JsonObject ?? new JsonObject();
        }
        catch (JsonException)
        {
            return new JsonObject();
        }
    }

    /// <summary>A text, or the texts of a list of parts.</summary>
    public static string Flat(this JsonNode? content) => content switch
    {
        JsonArray parts => string.Concat(parts.Select(part => part.Text() ?? part.Text("text"))),
        _ => content.Text() ?? "",
    };
}
