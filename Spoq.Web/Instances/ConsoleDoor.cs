using System.Security.Claims;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Instances;

/// <summary>"Console" in the navigation names no computer: it opens the one that runs, or the page that says why none does.</summary>
internal static class ConsoleDoor
{
    public static void MapConsoleDoor(this IEndpointRouteBuilder routes) => routes.MapGet("/console", OpenAsync).RequireAccount();

    private static async Task<IResult> OpenAsync(ClaimsPrincipal user, InstanceService instances, CancellationToken cancellationToken)
    {
        var all = await instances.ListAsync(user.AccountId(), cancellationToken);
        var open = all.FirstOrDefault(instance => instance.IsOpen) ?? all.FirstOrDefault(instance => instance is { ReadyAt: not null, IsFinal: false });
        return TypedResults.Redirect(open is null ? "/dashboard" : $"/r/{open.Id}");
    }
}
