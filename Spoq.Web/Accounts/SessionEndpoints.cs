using Spoq.Infrastructure.Accounts;
using Spoq.Web.Access;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Accounts;

/// <param name="Agent">The browser, as it describes itself.</param>
/// <param name="Method">How its person signed in.</param>
internal sealed record SessionAnswer(Guid Id, string Agent, string Method, string? Ip, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt)
{
    public static SessionAnswer Of(SessionView session) => new(session.Id, session.Agent, session.Method, session.Address?.ToString(), session.CreatedAt, session.LastSeenAt);
}

/// <summary>Browsers that are signed in, for programs; people see them at <c>/dashboard/account</c>.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/v1/sessions").WithTags("Account");
        sessions.MapGet("", ListAsync).RequireAccount().WithSummary("Browsers that are signed in, seen last first").Produces<Page<SessionAnswer>>();
        sessions.MapDelete("/{sessionId:guid}", EndAsync).RequireAccount().WithSummary("Sign a browser out").Produces(StatusCodes.Status204NoContent).Refuses(404);
    }

    private static async Task<IResult> ListAsync(SessionService sessions, HttpContext http) =>
        TypedResults.Ok(new Page<SessionAnswer>([.. (await sessions.ListAsync(http.User.AccountId(), http.RequestAborted)).Select(SessionAnswer.Of)], null));

    private static async Task<IResult> EndAsync(Guid sessionId, SessionService sessions, HttpContext http) =>
        await sessions.EndAsync(http.User.AccountId(), sessionId, http.Caller(), http.RequestAborted) is { } no ? no.ToProblem() : TypedResults.NoContent();
}
