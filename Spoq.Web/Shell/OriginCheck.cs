namespace Spoq.Web.Shell;

/// <summary>
/// Browsers send cookies along with a WebSocket handshake from any page, and a customer's address is a sibling of ours:
/// circuits and hubs answer only to pages of this very origin. A caller without an Origin is not a browser.
/// </summary>
internal static class OriginCheck
{
    public static IApplicationBuilder UseOriginCheck(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        var isLive = request.Path.StartsWithSegments("/_blazor") || request.Path.StartsWithSegments("/hubs");
        var origin = request.Headers.Origin.ToString();
        if (isLive && origin.Length > 0 && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        return next(context);
    });
}
