using Microsoft.Net.Http.Headers;

namespace Spoq.Web.Shell;

internal static class SecurityHeaders
{
    /// <remarks>
    /// No inline script anywhere. Style attributes are allowed (a bar's width is data), style elements are not.
    /// Browsers differ on whether 'self' covers web sockets, so the socket's origin is named.
    /// </remarks>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            Write(context);
            return Task.CompletedTask;
        });
        return next(context);
    });

    /// <summary>What is somebody's own, and what programs ask for, is kept by no browser and no proxy unless it says so itself.</summary>
    private static bool IsPrivate(HttpContext context) =>
        context.User.Identity?.IsAuthenticated == true || context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/v1");

    private static void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.TryAdd("Referrer-Policy", "strict-origin-when-cross-origin");
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // A customer's page is of the same site: without this it may load what is ours into its own process.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (headers.CacheControl.Count == 0 && IsPrivate(context))
        {
            headers.CacheControl = "no-store";
        }

        if (!headers.ContainsKey(HeaderNames.ContentSecurityPolicy))
        {
            headers.ContentSecurityPolicy = PolicyOf(context, "'self'");
        }

        headers.XFrameOptions = "DENY";
    }

    /// <param name="context">The request.</param>
    /// <param name="formAction">Where forms of the page may lead, redirects included.</param>
    public static string PolicyOf(HttpContext context, string formAction)
    {
        var socket = $"{(context.Request.IsHttps ? "wss" : "ws")}://{context.Request.Host.ToUriComponent()}";
        return "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; " +
            $"connect-src 'self' {socket}; object-src 'none'; base-uri 'self'; form-action {formAction}; frame-ancestors 'none'";
    }
}
