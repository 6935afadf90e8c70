using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Spoq.Tests.Support;

/// <summary>Checks JSON against the part of JSON Schema 2020-12 that our document uses; an unknown keyword is a failure, not a pass.</summary>
/// <param name="document">Where references lead.</param>
/// <param name="isTolerant">True: members and words that the document does not name pass, as in answers of vendors.</param>
internal sealed class SchemaCheck(JsonElement document, bool isTolerant = false)
{
    private static readonly HashSet<string> s_silent = ["description", "title", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "discriminator", "minItems", "maxItems", "uniqueItems"];

    /// <summary>What is wrong, by path; empty: nothing.</summary>
    public IReadOnlyList<string> Check(JsonElement value, JsonElement schema)
    {
        var wrong = new List<string>();
        Check(value, schema, "$", wrong);
        return wrong;
    }

    private void Check(JsonElement value, JsonElement schema, string path, List<string> wrong)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "$ref":
                    Check(value, Resolve(keyword.Value.GetString()!), path, wrong);
                    break;
                case "type":
                    CheckType(value, keyword.Value, path, wrong);
                    break;
                case "enum":
                    Expect(isTolerant || keyword.Value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)), $"{path} is {value}, which is not listed", wrong);
                    break;
                case "oneOf" or "anyOf":
                    Expect(keyword.Value.EnumerateArray().Any(option => Check(value, option).Count == 0), $"{path} fits none of the options: {Short(value)}", wrong);
                    break;
                case "allOf":
                    CheckAll(value, keyword.Value, path, wrong);
                    break;
                case "required" when value.ValueKind == JsonValueKind.Object:
                    foreach (var name in keyword.Value.EnumerateArray().Select(name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
                    {
                        wrong.Add($"{path}.{name} is missing");
                    }

                    break;
                case "properties" when value.ValueKind == JsonValueKind.Object:
                    CheckMembers(value, schema, keyword.Value, path, wrong);
                    break;
                case "items" when value.ValueKind == JsonValueKind.Array:
                    foreach (var (item, at) in value.EnumerateArray().Select((item, at) => (item, at)))
                    {
                        Check(item, keyword.Value, $"{path}[{at}]", wrong);
                    }

                    break;
                case "pattern" when value.ValueKind == JsonValueKind.String:
                    Expect(Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!), $"{path} is not of the form {keyword.Value}: {Short(value)}", wrong);
                    break;
                case "format" when value.ValueKind == JsonValueKind.String:
                    CheckFormat(value.GetString()!, keyword.Value.GetString()!, path, wrong);
                    break;
                case "format" or "required" or "properties" or "items" or "pattern" or "additionalProperties" or "minimum" or "maximum" or "minLength" or "maxLength":
                    break;
                default:
                    Expect(s_silent.Contains(keyword.Name) || keyword.Name.StartsWith("x-", StringComparison.Ordinal), $"the keyword {keyword.Name} is not known to this check", wrong);
                    break;
            }
        }
    }

    /// <summary>What one part does not name another may.</summary>
    private void CheckAll(JsonElement value, JsonElement parts, string path, List<string> wrong)
    {
        var each = parts.EnumerateArray().Select(part =>
        {
            var found = new List<string>();
            Check(value, part, path, found);
            return found;
        }).ToList();
        var members = value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(member => Unknown(path, member.Name)).ToHashSet() : [];
        wrong.AddRange(each.SelectMany(found => found).Distinct().Where(error => !members.Contains(error) || each.TrueForAll(found => found.Contains(error))));
    }

    private static string Unknown(string path, string member) => $"{path}.{member} is not in the document";

    /// <summary>Our answers hold nothing that the document does not name.</summary>
    private void CheckMembers(JsonElement value, JsonElement schema, JsonElement known, string path, List<string> wrong)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (known.TryGetProperty(member.Name, out var inner))
            {
                Check(member.Value, inner, $"{path}.{member.Name}", wrong);
            }
            else if (!isTolerant && (!schema.TryGetProperty("additionalProperties", out var others) || others.ValueKind == JsonValueKind.False))
            {
                wrong.Add(Unknown(path, member.Name));
            }
        }
    }

    private static void CheckType(JsonElement value, JsonElement type, string path, List<string> wrong)
    {
        string[] allowed = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(one => one.GetString()!)] : [type.GetString()!];
        var actual = value.ValueKind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number when value.TryGetInt64(out _) => "integer",
            JsonValueKind.Number => "number",
            JsonValueKind.String => "string",
            JsonValueKind.Array => "array",
            _ => "object",
        };
        Expect(allowed.Contains(actual) || (actual == "integer" && allowed.Contains("number")), $"{path} is {actual}, not {string.Join(" or ", allowed)}", wrong);
    }

    private static void CheckFormat(string text, string format, string path, List<string> wrong) => Expect(
        format switch
        {
            "uuid" => Guid.TryParseExact(text, "D", out _),
            "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var at) && at.Offset == TimeSpan.Zero,
            "uri" => Uri.IsWellFormedUriString(text, UriKind.RelativeOrAbsolute),
            _ => true,
        },
        $"{path} is no {format}: {text}",
        wrong);

    private JsonElement Resolve(string reference) => reference.Split('/').Skip(1).Aggregate(document, (at, name) => at.GetProperty(name));

    private static void Expect(bool isSo, string otherwise, List<string> wrong)
    {
        if (!isSo)
        {
            wrong.Add(otherwise);
        }
    }

    private static string Short(JsonElement value) => value.ToString() is { Length: > 80 } text ? text[..80] : value.ToString();
}
