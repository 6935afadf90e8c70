using Spoq.Core.Wire;

namespace Spoq.Conductor.Access;

/// <summary>Browsers' pages of the control plane may call; others may not (CORS, Fetch standard). A token is needed all the same.</summary>
internal sealed class OriginGate(ConductorConfig config)
{
    private readonly HashSet<string> _allowed = [.. config.CorsOrigins ?? [config.ControlPlaneUrl.GetLeftPart(UriPartial.Authority)]];

    public RequestDelegate Around(RequestDelegate next) => async context =>
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            await next(context);
            return;
        }

        var isPreflight = HttpMethods.IsOptions(context.Request.Method) && context.Request.Headers.AccessControlRequestMethod.Count > 0;
        context.Response.Headers.Vary = "Origin";
        if (!_allowed.Contains(origin))
        {
            await (isPreflight ? Problems.WriteAsync(context, ConductorRefusals.OriginNotAllowed) : next(context));
            return;
        }

        context.Response.Headers.AccessControlAllowOrigin = origin;
        if (!isPreflight)
        {
            context.Response.Headers.AccessControlExposeHeaders = "Retry-After";
            await next(context);
            return;
        }

        context.Response.Headers.AccessControlAllowMethods = "GET, POST, PUT, DELETE";
        context.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type";
        context.Response.Headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    };
}
