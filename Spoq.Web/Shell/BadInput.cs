using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc;
using Spoq.Core.Ops;

namespace Spoq.Web.Shell;

/// <summary>A part of the request that cannot be what it should be, named.</summary>
internal sealed class BadFieldException(string name, string code, string message) : BadHttpRequestException(message, StatusCodes.Status400BadRequest)
{
    public string Field => name;

    public string Code => code;
}

/// <summary>What cannot be read, said in words: which member, and what is wrong with it.</summary>
internal static partial class BadInput
{
    public static ProblemDetails Explain(BadHttpRequestException bad) => bad switch
    {
        BadFieldException named => Problem(named.Message, named.Code, named.Field),
        { InnerException: JsonException json } when MemberOf(json) is { } member =>
            Problem($"The member {member} has the wrong type or an unreadable value.", ApiRefusals.WrongType, member),
        { InnerException: JsonException } => Problem("The body is not readable JSON of the form expected. Send one well-formed JSON object, in UTF-8.", ApiRefusals.MalformedJson, null),
        _ => new ProblemDetails { Status = bad.StatusCode },
    };

    private static ProblemDetails Problem(string detail, string code, string? field)
    {
        var problem = new ProblemDetails { Status = StatusCodes.Status400BadRequest, Detail = detail };
        problem.Extensions[Problems.Code] = code;
        if (field is not null)
        {
            problem.Extensions[Problems.Errors] = new Dictionary<string, string[]> { [field] = [detail] };
        }

        return problem;
    }

    /// <summary>Only names that could be ours are said back: anything else is the sender's own text.</summary>
    private static string? MemberOf(JsonException json) =>
        json.Path is { Length: <= 128 } path && Member().Match(path) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"^\$\.([a-z][a-z0-9_]*(?:\[[0-9]+\])?(?:\.[a-z][a-z0-9_]*)*)$")]
    private static partial Regex Member();
}
