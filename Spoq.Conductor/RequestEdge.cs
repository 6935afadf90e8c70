using System.Diagnostics;

namespace Spoq.Conductor;

/// <summary>The outermost ring: every failure leaves as problem+json, every request leaves one line in the log.</summary>
internal static class RequestEdge
{
    // ENOSPC
    private const int NoSpaceLeft = 28;

    public static Func<RequestDelegate, RequestDelegate> Around(ILogger log) => next => async context =>
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
            await ExplainAsync(context);
        }
        catch (BadHttpRequestException bad)
        {
            await Problems.WriteAsync(context, bad.StatusCode, CodeOf(bad.StatusCode), Explain(bad.StatusCode));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up: nobody is left to answer.
        }
        catch (IOException full) when ((full.HResult & 0xFFFF) == NoSpaceLeft)
        {
            await Problems.WriteAsync(context, ConductorRefusals.DiskFull);
        }
        catch (Exception error)
        {
            log.LogError(error, "A request failed.");
            await Problems.WriteAsync(context, 500, "internal_error", "Something broke on this computer. Try again; its log says more.");
        }
        finally
        {
            // The route's pattern, not the path: what people type into addresses is theirs.
            log.LogInformation("{Method} {Route} {Status} {Milliseconds:0} ms", context.Request.Method,
                (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "-", context.Response.StatusCode, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    };

    private static async Task ExplainAsync(HttpContext context)
    {
        if (context.Response is { HasStarted: false, StatusCode: 404 or 405 } response && response.ContentLength is null)
        {
            await Problems.WriteAsync(context, response.StatusCode, CodeOf(response.StatusCode), Explain(response.StatusCode));
        }
    }

    private static string CodeOf(int status) => status switch
    {
        404 => "not_found",
        405 => "method_not_allowed",
        408 => "request_timeout",
        413 => "body_too_large",
        _ => "bad_request",
    };

    private static string Explain(int status) => status switch
    {
        404 => "There is nothing at this address. GET /api/status lists what this computer can do.",
        405 => "This address does not take this method.",
        408 => "The request took too long to arrive. Send it again.",
        413 => "The body is larger than this address takes (1 MiB; questions with files 16 MiB). Send less at once.",
        _ => "This request could not be read as HTTP.",
    };
}
