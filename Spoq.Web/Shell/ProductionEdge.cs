using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ops;

namespace Spoq.Web.Shell;

/// <summary>What only Production refuses: pages of development, and pages over plain HTTP.</summary>
internal static class ProductionEdge
{
    public static void UseProductionEdge(this WebApplication app)
    {
        if (!app.Environment.IsProduction())
        {
            return;
        }

        var needsHttps = app.Services.GetRequiredService<IOptions<SpoqOptions>>().Value.BaseUrl.Scheme == Uri.UriSchemeHttps;
        app.Use(async (context, next) =>
        {
            var path = context.Request.Path;
            if (path.StartsWithSegments("/dev", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            // A redirect would go in circles where a proxy ends TLS and its network is not named.
            if (needsHttps && !context.Request.IsHttps && !path.StartsWithSegments("/health"))
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                await context.Response.WriteAsync("This needs HTTPS. If a proxy in front ends TLS, name its network in Spoq__TrustedProxies.\n", context.RequestAborted);
                return;
            }

            await next(context);
        });
    }
}
