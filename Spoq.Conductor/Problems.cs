using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor;

internal static class Problems
{
    public static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var status = refusal.Kind switch
        {
            RefusalKind.Malformed => 400,
            RefusalKind.NotFound => 404,
            RefusalKind.Conflict => 409,
            RefusalKind.Forbidden => 403,
            RefusalKind.Unauthenticated => 401,
            RefusalKind.TooMany => 429,
            RefusalKind.Unavailable => 503,
            _ => 422,
        };
        return WriteAsync(context, status, refusal.Code, refusal.Message);
    }

    public static async Task WriteAsync(HttpContext context, int status, string code, string detail)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = Problem.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        var problem = new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, code);
        await JsonSerializer.SerializeAsync(context.Response.Body, problem, WireJson.Default.Problem, context.RequestAborted);
    }
}
