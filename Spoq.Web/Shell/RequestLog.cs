namespace Spoq.Web.Shell;

/// <summary>One line per request, without its query string: codes and tokens travel there.</summary>
internal sealed class RequestLog(RequestDelegate next, ILogger<RequestLog> logger, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        using var scope = logger.BeginScope(new Dictionary<string, object> { ["request_id"] = RequestId.Of(context) });
        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var status = context.Response.StatusCode;
            logger.Log(
                status >= StatusCodes.Status500InternalServerError ? LogLevel.Warning : LogLevel.Information,
                "{Method} {Path} answered {Status} in {Milliseconds} ms",
                context.Request.Method,
                context.Request.Path.Value,
                status,
                (long)time.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}
