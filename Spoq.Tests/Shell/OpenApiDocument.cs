using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>One operation of the document.</summary>
internal sealed record DocumentedOperation(string Method, string Path, JsonElement Json)
{
    public string Name => $"{Method} {Path}";

    public string? AliasOf => Json.TryGetProperty("x-alias-of", out var alias) ? alias.GetString() : null;

    public IReadOnlyList<(string Name, string Place)> Parameters => Json.TryGetProperty("parameters", out var parameters)
        ? [.. parameters.EnumerateArray().Select(parameter => (parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!))]
        : [];

    public JsonElement? Body(string mediaType = "application/json") =>
        Json.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty(mediaType, out var content) ? content.GetProperty("schema") : null;

    public bool Promises(int status) => Json.GetProperty("responses").TryGetProperty($"{status}", out _);
}

/// <summary>The document as it is served, and answers held against it.</summary>
internal sealed class OpenApiDocument(JsonElement json)
{
    private readonly SchemaCheck _schemas = new(json);

    public JsonElement Json => json;

    public IReadOnlyList<DocumentedOperation> Operations { get; } =
    [
        .. json.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(member => member.Name is "get" or "post" or "put" or "patch" or "delete")
            .Select(member => new DocumentedOperation(member.Name.ToUpperInvariant(), path.Name, member.Value))),
    ];

    public static async Task<OpenApiDocument> ReadAsync(ApiClient client) => new(await client.ReadAsync("/openapi/v1.json"));

    public IEnumerable<string> MembersOf(JsonElement schema) => Resolve(schema).TryGetProperty("properties", out var properties) ? properties.EnumerateObject().Select(member => member.Name) : [];

    /// <summary>What is wrong with an answer; empty: it is as promised.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(DocumentedOperation operation, HttpResponseMessage answer)
    {
        var responses = operation.Json.GetProperty("responses");
        var status = (int)answer.StatusCode;
        if (!answer.Headers.Contains("X-Request-Id"))
        {
            return ["no X-Request-Id"];
        }

        if (!responses.TryGetProperty($"{status}", out var promised) && (status < 400 || !responses.TryGetProperty("default", out promised)))
        {
            return [$"{status} is not promised: {await answer.Content.ReadAsStringAsync()}"];
        }

        var text = await answer.Content.ReadAsStringAsync();
        if (!promised.TryGetProperty("content", out var contents))
        {
            return text.Length == 0 ? [] : [$"{status} promises no body and has one: {text}"];
        }

        var type = answer.Content.Headers.ContentType?.MediaType ?? "";
        if (!contents.TryGetProperty(type, out var content))
        {
            return [$"{status} comes as \"{type}\", promised are {string.Join(", ", contents.EnumerateObject().Select(each => each.Name))}"];
        }

        if (!type.EndsWith("json", StringComparison.Ordinal) || !content.TryGetProperty("schema", out var schema))
        {
            return [];
        }

        using var body = JsonDocument.Parse(text);
        return [.. _schemas.Check(body.RootElement, schema).Select(wrong => $"{status}: {wrong}")];
    }

    private JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? reference.GetString()!.Split('/').Skip(1).Aggregate(json, (at, name) => at.GetProperty(name))
        : schema.TryGetProperty("oneOf", out var options) ? options.EnumerateArray().Select(Resolve).First(option => option.TryGetProperty("properties", out _)) : schema;
}
