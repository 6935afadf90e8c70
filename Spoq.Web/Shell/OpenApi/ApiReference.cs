using Microsoft.OpenApi;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>The document as people read it: by subject, each operation once with all its spellings.</summary>
public sealed record ApiReference(IReadOnlyList<ReferenceGroup> Groups)
{
    internal static ApiReference Of(OpenApiDocument document)
    {
        var operations = document.Paths
            .SelectMany(path => (path.Value.Operations ?? []).Select(operation => (Path: path.Key, Method: operation.Key.Method, Operation: operation.Value)))
            .ToList();
        var spellings = operations.Where(row => AliasOfPath(row.Operation) is not null).ToLookup(row => $"{row.Method} {AliasOfPath(row.Operation)}", row => row.Path);
        return new ApiReference(
        [
            .. operations.Where(row => AliasOfPath(row.Operation) is null)
                .GroupBy(row => row.Operation.Tags?.FirstOrDefault()?.Name ?? "Other")
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new ReferenceGroup(group.Key, [.. group.Select(row => ReferenceOperation.Of(row.Method, row.Path, row.Operation, [.. spellings[$"{row.Method} {row.Path}"]]))])),
        ]);
    }

    /// <summary>The document says it in an extension, so that programs can tell too.</summary>
    private static string? AliasOfPath(OpenApiOperation operation) =>
        operation.Extensions is { } extensions && extensions.TryGetValue(DescribeOperation.AliasExtension, out var value) && value is JsonNodeExtension { Node: var node } ? (string?)node : null;
}

public sealed record ReferenceGroup(string Name, IReadOnlyList<ReferenceOperation> Operations)
{
    public string Id => Name.ToLowerInvariant().Replace(' ', '-');
}

public sealed record ReferenceOperation(
    string Id,
    string Method,
    string Path,
    string? Summary,
    IReadOnlyList<string> Description,
    IReadOnlyList<string> Spellings,
    IReadOnlyList<ReferenceField> Fields,
    IReadOnlyList<ReferenceAnswer> Answers)
{
    internal static ReferenceOperation Of(string method, string path, OpenApiOperation operation, IReadOnlyList<string> spellings) => new(
        operation.OperationId ?? path,
        method.ToUpperInvariant(),
        path,
        operation.Summary,
        [.. (operation.Description ?? "").Replace("`", "", StringComparison.Ordinal).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)],
        spellings,
        [.. Parameters(operation), .. Body(operation)],
        [.. (operation.Responses ?? []).Where(response => response.Key.StartsWith('2')).Select(response => ReferenceAnswer.Of(response.Key, response.Value)), .. Refusals(operation)]);

    private static IEnumerable<ReferenceField> Parameters(OpenApiOperation operation) =>
        (operation.Parameters ?? []).Select(parameter => new ReferenceField(parameter.Name ?? "", parameter.In?.ToString().ToLowerInvariant() ?? "", TypeOf(parameter.Schema), parameter.Description));

    private static IEnumerable<ReferenceField> Body(OpenApiOperation operation) =>
        operation.RequestBody?.Content?.FirstOrDefault() is { Value.Schema: { } schema, Key: var type }
            ? (schema.Properties ?? new Dictionary<string, IOpenApiSchema>()).Select(member => new ReferenceField(member.Key, type == "application/json" ? "body" : "form", TypeOf(member.Value), member.Value.Description))
            : [];

    /// <summary>The statuses that only this operation, or few, refuse with; the others are told once for all.</summary>
    private static IEnumerable<ReferenceAnswer> Refusals(OpenApiOperation operation)
    {
        var own = (operation.Responses ?? []).Keys.Where(status => status is "404" or "409" or "422" or "503").ToList();
        return own.Count == 0 ? [] : [new ReferenceAnswer(string.Join(", ", own), "A problem with its code.", [])];
    }

    private static string TypeOf(IOpenApiSchema? schema) => schema switch
    {
        null => "",
        { Type: { } type } when type.HasFlag(JsonSchemaType.Array) => $"list of {TypeOf(schema.Items)}",
        { Format: "uuid" } => "UUID",
        { Format: "date-time" } => "time",
        { Type: { } type } => (type & ~JsonSchemaType.Null).ToString().ToLowerInvariant(),
        _ => "",
    };
}

/// <param name="Place"><c>path</c>, <c>query</c>, <c>header</c>, <c>body</c> or <c>form</c>.</param>
public sealed record ReferenceField(string Name, string Place, string Type, string? Description);

/// <param name="Members">Of the JSON object; empty where there is none.</param>
public sealed record ReferenceAnswer(string Status, string Description, IReadOnlyList<string> Members)
{
    internal static ReferenceAnswer Of(string status, IOpenApiResponse response) =>
        new(status, response.Description ?? "", [.. response.Content?.FirstOrDefault().Value?.Schema?.Properties?.Keys ?? []]);
}
