using System.Reflection;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Shell;

internal static class HealthEndpoints
{
    /// <summary>What was released, without the commit it was built from: <c>spoq status</c> prints it.</summary>
    private static readonly string s_version =
        typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var probes = routes.MapGroup("/health").AllowAnonymous();
        probes.MapGet("", () => TypedResults.Ok(new Health("ok", s_version))).WithSummary("The process lives");
        probes.MapGet("/ready", ReadyAsync).WithSummary("Requests can be served").Produces<Health>().Refuses(503);
    }

    /// <summary>Ready: requests can be served. Late work is the status page's and the alerts' business, not the load balancer's.</summary>
    private static async Task<IResult> ReadyAsync(Vitals vitals, CancellationToken cancellationToken)
    {
        var signs = await vitals.TakeAsync(cancellationToken);
        return signs.IsDatabaseUp
            ? TypedResults.Ok(new Health("ok", s_version))
            : TypedResults.Problem("The database does not answer.", statusCode: StatusCodes.Status503ServiceUnavailable, extensions: new Dictionary<string, object?> { [Problems.Code] = "database_unreachable" });
    }

    private sealed record Health(string Status, string Version);
}
