using Spoq.Infrastructure.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Access;

/// <param name="Place">Where it runs; null for our own programs.</param>
internal sealed record ConnectedAppAnswer(Guid Id, string Name, string ClientId, string? Place, IReadOnlyList<string> Scopes, DateTimeOffset ConnectedAt, DateTimeOffset? LastUsedAt)
{
    public static ConnectedAppAnswer Of(ConnectedApp app) => new(app.Id, app.Name, app.ClientId, app.Place, [.. app.Scopes.InOrder()], app.Since, app.LastUsedAt);
}

/// <summary>Who was let in, for programs that manage it; people do so at <c>/dashboard/apps</c>.</summary>
internal static class ConnectedAppEndpoints
{
    public static void MapConnectedApps(this IEndpointRouteBuilder routes)
    {
        var apps = routes.MapGroup("/v1/connected-apps").WithTags("Connected apps");
        apps.MapGet("", ListAsync).RequireAccount().WithSummary("Programs that were let into the account, used last first").Produces<Page<ConnectedAppAnswer>>();
        apps.MapDelete("/{appId:guid}", RevokeAsync).RequireAccount().WithSummary("Take a program's access away").Produces(StatusCodes.Status204NoContent).Refuses(404);
    }

    private static async Task<IResult> ListAsync(ConnectedApps apps, HttpContext http) =>
        TypedResults.Ok(new Page<ConnectedAppAnswer>([.. (await apps.ListAsync(http.User.AccountId(), http.RequestAborted)).Select(ConnectedAppAnswer.Of)], null));

    private static async Task<IResult> RevokeAsync(Guid appId, ConnectedApps apps, HttpContext http) =>
        await apps.RevokeAsync(http.User.AccountId(), appId, http.Caller(), http.RequestAborted) is { } no ? no.ToProblem() : TypedResults.NoContent();
}
