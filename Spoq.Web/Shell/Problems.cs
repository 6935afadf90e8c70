using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Spoq.Core;

namespace Spoq.Web.Shell;

/// <summary>Refusals and failures as RFC 9457 problems; <see cref="ProblemWriter"/> gives them their final form.</summary>
internal static class Problems
{
    public const string Code = "code";
    public const string Errors = "errors";
    public const string RetryAfter = "retry_after";

    public static ProblemHttpResult ToProblem(this Refusal refusal)
    {
        var extensions = new Dictionary<string, object?> { [Code] = refusal.Code };
        if (refusal.Field is { } field)
        {
            extensions[Errors] = new Dictionary<string, string[]> { [field] = [refusal.Message] };
        }

        if (refusal.RetryAfter is { } wait)
        {
            extensions[RetryAfter] = (long)Math.Ceiling(wait.TotalSeconds);
        }

        return TypedResults.Problem(refusal.Message, statusCode: Status(refusal.Kind), extensions: extensions);
    }

    public static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.Malformed => StatusCodes.Status400BadRequest,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        RefusalKind.TooMany => StatusCodes.Status429TooManyRequests,
        RefusalKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A refusal of an unknown kind."),
    };

    /// <summary>Programs get problems, people at a browser get pages.</summary>
    public static bool WantsPage(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase))
        && !request.Path.StartsWithSegments("/api")
        && !request.Path.StartsWithSegments("/v1")
        && !request.Path.StartsWithSegments("/internal")
        && !request.Path.StartsWithSegments("/webhooks")
        && !request.Path.StartsWithSegments("/hubs")
        && !request.Path.StartsWithSegments("/_blazor");

    public static string CodeOf(int status) => status switch
    {
        400 => "bad_request",
        401 => "unauthenticated",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        409 => "conflict",
        413 => "body_too_large",
        415 => "unsupported_media_type",
        422 => "invalid",
        429 => "too_many_requests",
        503 => "unavailable",
        >= 500 => "internal",
        _ => "status_" + status.ToString(CultureInfo.InvariantCulture),
    };

    public static string DetailOf(int status) => status switch
    {
        400 => "The request could not be read. Check that its body is well formed and of the type that its Content-Type names.",
        401 => "Send an access token: Authorization: Bearer <token>.",
        403 => "This caller may not do that.",
        404 => "There is none, or it belongs to another account.",
        405 => "This address does not take that method; see the Allow header.",
        413 => "The body is too large. Send less than 1 MiB.",
        415 => "Send application/json.",
        429 => "Too many requests. Wait as long as Retry-After says.",
        503 => "Something Spoq depends on is away. Try again in a moment.",
        >= 500 => "Something broke on our side. Try again; if it stays, tell us the request_id.",
        _ => ReasonPhrases.GetReasonPhrase(status),
    };

    public static void Complete(HttpResponse response, int status, string code, object? retryAfter)
    {
        if (retryAfter is not null)
        {
            response.Headers.RetryAfter = Convert.ToString(retryAfter, CultureInfo.InvariantCulture);
            if (status == StatusCodes.Status429TooManyRequests)
            {
                response.Headers.TryAdd(ApiLimits.LimitHeader, ApiLimits.Write(code, 0, TimeSpan.FromSeconds(Convert.ToDouble(retryAfter, CultureInfo.InvariantCulture))));
            }
        }

        if (status == StatusCodes.Status401Unauthorized && !response.Headers.ContainsKey(HeaderNames.WWWAuthenticate))
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
    }
}
