using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Tests.Support;

namespace Spoq.Tests.Emulators;

/// <summary>
/// A vendor's published contract at the door of its emulator: requests are a closed world (what the document does not name is
/// wrong), answers are read as tolerantly as our clients read them.
/// </summary>
internal sealed class ContractCheck(JsonElement document)
{
    private readonly SchemaCheck _requests = new(document);
    private readonly SchemaCheck _answers = new(document, isTolerant: true);
    private readonly List<(Regex Path, bool IsLiteral, JsonElement Operations)> _paths = [.. document.GetProperty("paths").EnumerateObject().Select(path =>
        (new Regex($"^{Regex.Replace(Regex.Escape(path.Name), @"\\\{[^}]+}", "[^/]+")}$"), !path.Name.Contains('{', StringComparison.Ordinal), path.Value))];

    public IEnumerable<string> OfRequest(HttpRequest request, string path, string body)
    {
        if (Find(request.Method, path) is not var (operation, shared))
        {
            return [$"{request.Method} {path} is not in the contract"];
        }

        var parameters = Parameters(operation).Concat(Parameters(shared)).ToList();
        var wrong = new List<string>();
        foreach (var (name, value) in request.Query)
        {
            var known = parameters.FirstOrDefault(parameter => Is(parameter, "query") && Name(parameter) == name);
            wrong.AddRange(known.ValueKind == JsonValueKind.Undefined ? [$"?{name} is not in the contract"] : _requests.Check(Coerced(value.ToString(), known.GetProperty("schema")), known.GetProperty("schema")).Select(error => $"?{name}: {error}"));
        }

        foreach (var needed in parameters.Where(parameter => parameter.TryGetProperty("required", out var required) && required.GetBoolean()))
        {
            var value = Is(needed, "query") ? request.Query[Name(needed)].ToString() : Is(needed, "header") ? request.Headers[Name(needed)].ToString() : "there";
            wrong.AddRange(value.Length == 0 ? [$"{Name(needed)} is missing"] : Is(needed, "header") ? _requests.Check(JsonSerializer.SerializeToElement(value), needed.GetProperty("schema")) : []);
        }

        wrong.AddRange(OfBody(operation, request.ContentType, body));
        return wrong.Select(error => $"{request.Method} {path}: {error}");
    }

    public IEnumerable<string> OfAnswer(string method, string path, int status, string body)
    {
        if (Find(method, path) is not var (operation, _) || !operation.GetProperty("responses").EnumerateObject().Any(answer => answer.Name == $"{status}" || answer.Name == $"{status / 100}XX"))
        {
            // Vendors answer 404 and 429 without announcing it; a success that is not announced is a mistake of the emulator.
            return status < 300 ? [$"{method} {path} does not answer {status}"] : [];
        }

        var answer = Resolve(operation.GetProperty("responses").EnumerateObject().First(answer => answer.Name == $"{status}" || answer.Name == $"{status / 100}XX").Value);
        return answer.TryGetProperty("content", out var content) && content.TryGetProperty("application/json", out var media) && media.TryGetProperty("schema", out var schema)
            ? _answers.Check(JsonDocument.Parse(body).RootElement, schema).Select(error => $"the answer to {method} {path}: {error}")
            : [];
    }

    private List<string> OfBody(JsonElement operation, string? contentType, string body)
    {
        if (!operation.TryGetProperty("requestBody", out var request))
        {
            return body.Length == 0 ? [] : ["a body is not in the contract"];
        }

        if (body.Length == 0)
        {
            return Resolve(request).TryGetProperty("required", out var required) && required.GetBoolean() ? ["the body is missing"] : [];
        }

        var type = contentType?.Split(';')[0] ?? "";
        if (!Resolve(request).GetProperty("content").TryGetProperty(type, out var media))
        {
            return [$"a body of {type} is not in the contract"];
        }

        var json = type == "application/x-www-form-urlencoded"
            ? JsonSerializer.SerializeToElement(QueryHelpers.ParseQuery(body).ToDictionary(field => field.Key, field => field.Value.ToString()))
            : JsonDocument.Parse(body).RootElement;
        return [.. _requests.Check(json, media.GetProperty("schema"))];
    }

    private (JsonElement Operation, JsonElement Shared)? Find(string method, string path)
    {
        var found = _paths.Where(known => known.Path.IsMatch(path) && known.Operations.TryGetProperty(method.ToLowerInvariant(), out _)).OrderByDescending(known => known.IsLiteral).FirstOrDefault();
        return found.Path is null ? null : (found.Operations.GetProperty(method.ToLowerInvariant()), found.Operations);
    }

    private IEnumerable<JsonElement> Parameters(JsonElement holder) =>
        holder.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(Resolve) : [];

    private JsonElement Resolve(JsonElement element) => element.TryGetProperty("$ref", out var reference)
        ? reference.GetString()!.Split('/').Skip(1).Aggregate(document, (at, name) => at.GetProperty(name))
        : element;

    private static bool Is(JsonElement parameter, string place) => parameter.GetProperty("in").GetString() == place;

    private static string Name(JsonElement parameter) => parameter.GetProperty("name").GetString()!;

    /// <summary>A value of a query is text; what the document calls a number or a truth is read as that.</summary>
    private JsonElement Coerced(string value, JsonElement schema) =>
        TypeOf(schema) is "integer" or "number" or "boolean" && (double.TryParse(value, out _) || bool.TryParse(value, out _)) ? JsonDocument.Parse(value).RootElement : JsonSerializer.SerializeToElement(value);

    private string TypeOf(JsonElement schema)
    {
        var at = Resolve(schema);
        return at.TryGetProperty("type", out var named) ? named.ToString() : at.TryGetProperty("allOf", out var parts) ? TypeOf(parts[0]) : "string";
    }
}
