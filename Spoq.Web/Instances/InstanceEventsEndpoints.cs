using System.Globalization;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary>The story of an instance, line by line: a page of JSON, or a stream that goes on.</summary>
internal static class InstanceEventsEndpoints
{
    private const string LastEventId = "Last-Event-ID";

    public static void MapInstanceEvents(this IEndpointRouteBuilder routes) => routes
        .MapApi("GET", InstanceEndpoints.One + "/events", ReadAsync).RequireScope(Scopes.Instance).Refuses(404).WithTags("Instances")
        .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(Page<EventAnswer>), ["application/json", InstanceEventStream.MediaType]))
        .WithSummary("The story of a computer").WithDescription(
            "A page, oldest first. With `Accept: text/event-stream` a stream of server-sent events that goes on: the event's name is its kind, its data one line of the story as JSON; `Last-Event-ID` resumes. The stream ends within a minute after the caller lost access.");

    private static async Task<IResult> ReadAsync(
        Guid instanceId, PageQuery page, HttpContext http, MemberService members, InstanceService instances, InstanceEventStream stream, CancellationToken cancellationToken)
    {
        if (await members.FindAsync(http.User.AccountId(), instanceId, cancellationToken) is null)
        {
            return InstanceRefusals.NotFound.ToProblem();
        }

        if (WantsStream(http.Request))
        {
            await stream.RunAsync(http, instanceId, LastSeen(http.Request, page), cancellationToken);
            return TypedResults.Empty;
        }

        var rows = await instances.StoryAsync(instanceId, page.After?.Number ?? 0, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Cut(rows, row => Cursor.Of(row.Id), EventAnswer.Of));
    }

    private static bool WantsStream(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(InstanceEventStream.MediaType, StringComparison.OrdinalIgnoreCase));

    private static long LastSeen(HttpRequest request, PageQuery page)
    {
        if (request.Headers[LastEventId].ToString() is not { Length: > 0 } text)
        {
            return page.After?.Number ?? 0;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new BadFieldException("last_event_id", ApiRefusals.BadCursor, "Last-Event-ID is the id of the last event that was received.");
    }
}
