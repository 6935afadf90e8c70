using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Spoq.Web.Shell;

/// <summary>The one place where a problem gets its form, whoever raised it: a refusal, the framework or an exception.</summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        var status = problem.Status ?? http.Response.StatusCode;
        var code = problem.Extensions.TryGetValue(Problems.Code, out var given) && given is string text ? text : Problems.CodeOf(status);
        var errors = problem is HttpValidationProblemDetails invalid ? invalid.Errors : problem.Extensions.TryGetValue(Problems.Errors, out var value) ? value as IDictionary<string, string[]> : null;
        problem.Extensions.TryGetValue(Problems.RetryAfter, out var retryAfter);
        Problems.Complete(http.Response, status, code, retryAfter);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        http.Response.Headers.CacheControl = "no-store";

        // A stream of its own: the response is never written synchronously.
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("type", $"/docs/errors#{code}");
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status", status);
            json.WriteString("detail", problem.Detail ?? Problems.DetailOf(status));
            json.WriteString("code", code);
            json.WriteString("request_id", RequestId.Of(http));
            if (errors is { Count: > 0 })
            {
                WriteErrors(json, errors);
            }

            json.WriteEndObject();
        }

        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), http.RequestAborted);
    }

    private static void WriteErrors(Utf8JsonWriter json, IDictionary<string, string[]> errors)
    {
        json.WriteStartObject(Problems.Errors);
        foreach (var (field, messages) in errors)
        {
            json.WriteStartArray(JsonNamingPolicy.SnakeCaseLower.ConvertName(field));
            foreach (var message in messages)
            {
                json.WriteStringValue(message);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
