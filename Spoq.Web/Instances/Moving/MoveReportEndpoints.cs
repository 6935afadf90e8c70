using Microsoft.AspNetCore.Mvc;
using Spoq.Core;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Web.Access;
using Spoq.Web.Instances.Provisioning;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances.Moving;

/// <summary>What a server that takes another's place asks and says while it copies: let in by the token its Conductor was given.</summary>
internal static class MoveReportEndpoints
{
    private const int MaxBodyBytes = 4 * 1024;
    private const int MaxTokenLength = 128;

    private static readonly Refusal s_notMoving = new("not_moving", "This server takes nobody's place, or that is over. Clean up and go on.", RefusalKind.NotFound);
    private static readonly Refusal s_badReport = new("bad_report", "Send a JSON object with state (copying, copied, moved or failed) and, for people, text.");

    public static void MapMoveReports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/instances/{instanceId:guid}/move").RequireInstanceToken().WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));
        group.MapGet("", AskAsync).WithSummary("What a server that takes another's place is to do").Produces<string>(StatusCodes.Status200OK, "text/plain").Refuses(404);
        group.MapPost("", HearAsync).WithSummary("How far it has come").Takes<MoveNews>("application/json").Produces(StatusCodes.Status204NoContent).Refuses(404, 422);
    }

    private static async Task<IResult> AskAsync(Guid instanceId, HttpRequest request, ServerMoves moves, CancellationToken cancellationToken)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return await moves.AskAsync(instanceId, TokenOf(request), cancellationToken) is { } order
            ? TypedResults.Text(WordOf(order))
            : s_notMoving.ToProblem();
    }

    private static async Task<IResult> HearAsync(Guid instanceId, HttpRequest request, ServerMoves moves, CancellationToken cancellationToken)
    {
        if (await ServerCalls.ReadAsync(request, WireJson.Default.MoveNews, cancellationToken) is not { } news || ReportOf(news.State) is not { } report)
        {
            return s_badReport.ToProblem();
        }

        return await moves.HearAsync(instanceId, TokenOf(request), report, news.Text, cancellationToken) ? TypedResults.NoContent() : s_notMoving.ToProblem();
    }

    private static string TokenOf(HttpRequest request) => BearerToken.Of(request, MaxTokenLength) ?? "";

    private static string WordOf(MoveOrder order) => order switch
    {
        MoveOrder.Copy => "copy",
        MoveOrder.Finish => "finish",
        _ => "done",
    };

    private static MoveReport? ReportOf(string state) => state switch
    {
        "copying" => MoveReport.Copying,
        "copied" => MoveReport.Copied,
        "moved" => MoveReport.Moved,
        "failed" => MoveReport.Failed,
        _ => null,
    };
}
