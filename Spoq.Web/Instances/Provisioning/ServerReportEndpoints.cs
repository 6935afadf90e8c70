using Microsoft.AspNetCore.Mvc;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Releases;
using Spoq.Web.Access;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances.Provisioning;

/// <summary>What servers call: open to all addresses, let in by their own token only.</summary>
internal static class ServerReportEndpoints
{
    private const int MaxBodyBytes = 8 * 1024;
    private const int MaxTokenLength = 128;
    private const string ScriptType = "text/x-shellscript";
    private const int MaxVersionLength = 64;
    private const int MaxDevices = 16;

    private static readonly Refusal s_notLetIn = new("invalid_token", "Send the token this server was given: Authorization: Bearer <token>.", RefusalKind.Unauthenticated);
    private static readonly Refusal s_badReport = new("bad_report", "The report cannot be read. Send a JSON object with the members of this report, each of the right type.");

    public static void MapServerReports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/instances/{instanceId:guid}").RequireInstanceToken().WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));
        group.MapPost("/phone-home", PhoneHomeAsync).WithSummary("A server reports that it serves").Takes<PhoneHome>("application/json").Produces<PhoneHomeAnswer>().Produces(StatusCodes.Status204NoContent).Refuses(422);
        group.MapGet("/install.sh", ScriptAsync).WithSummary("The script that makes a server ours").Produces<string>(StatusCodes.Status200OK, ScriptType);
        group.MapGet("/settings", SettingsAsync).WithSummary("What a new server is to be").Produces<string>(StatusCodes.Status200OK, "text/plain").Refuses(404, 422);
        group.MapPost("/heartbeat", HeartbeatAsync).WithSummary("A server lives").Takes<Heartbeat>("application/json").Produces(StatusCodes.Status204NoContent).Refuses(422);
        group.MapGet("/desired-state", DesiredStateAsync).WithSummary("What a server is to know").Produces<DesiredState>().Produces(StatusCodes.Status304NotModified);
        group.MapPost("/update", UpdateAsync).WithSummary("A server asks for a newer Conductor").Takes<UpdateAsk>("application/json").Produces<UpdateOffer>().Produces(StatusCodes.Status204NoContent).Refuses(422);
    }

    private static async Task<IResult> PhoneHomeAsync(Guid instanceId, HttpRequest request, ServerReports reports, CancellationToken cancellationToken)
    {
        if (await ServerCalls.ReadAsync(request, WireJson.Default.PhoneHome, cancellationToken) is not { } call || !IsVersion(call.Version) || !InstallStage.IsOne(call.Stage))
        {
            return s_badReport.ToProblem();
        }

        if (call.Stage != InstallStage.Done)
        {
            return await reports.StageAsync(instanceId, TokenOf(request), call.Stage, call.Log, cancellationToken) ? TypedResults.NoContent() : s_notLetIn.ToProblem();
        }

        return await reports.PhoneHomeAsync(instanceId, TokenOf(request), call.Version, cancellationToken) is { } token
            ? TypedResults.Json(new PhoneHomeAnswer(token), WireJson.Default.PhoneHomeAnswer)
            : s_notLetIn.ToProblem();
    }

    private static async Task<IResult> ScriptAsync(Guid instanceId, HttpRequest request, ServerSettings settings, CancellationToken cancellationToken) =>
        await settings.OfAsync(instanceId, TokenOf(request), cancellationToken) is null ? s_notLetIn.ToProblem() : TypedResults.Text(ServerKit.Script, ScriptType);

    private static async Task<IResult> SettingsAsync(Guid instanceId, string? architecture, HttpRequest request, ServerSettings settings, CancellationToken cancellationToken)
    {
        if (await settings.OfAsync(instanceId, TokenOf(request), cancellationToken) is not { } server)
        {
            return s_notLetIn.ToProblem();
        }

        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return (await settings.WriteAsync(server, architecture, cancellationToken)).Try(out var text, out var refusal) ? TypedResults.Text(text) : refusal.ToProblem();
    }

    private static async Task<IResult> HeartbeatAsync(Guid instanceId, HttpRequest request, ServerReports reports, DesiredStates desired, CancellationToken cancellationToken)
    {
        if (await ServerCalls.ReadAsync(request, WireJson.Default.Heartbeat, cancellationToken) is not { } beat || !IsVersion(beat.Version) || !IsSane(beat))
        {
            return s_badReport.ToProblem();
        }

        var vitals = new ServerVitals(beat.Version, beat.CpuPercent, beat.MemoryUsedBytes, beat.MemoryTotalBytes, beat.DiskUsedBytes, beat.DiskTotalBytes);
        if (!await reports.HeartbeatAsync(instanceId, TokenOf(request), vitals, new ServerNews(beat.Devices ?? [], beat.Update), cancellationToken))
        {
            return s_notLetIn.ToProblem();
        }

        request.HttpContext.Response.Headers[DesiredState.RevisionHeader] = (await desired.ReadAsync(instanceId, TokenOf(request), cancellationToken))?.Revision;
        return TypedResults.NoContent();
    }

    private static async Task<IResult> DesiredStateAsync(Guid instanceId, HttpRequest request, DesiredStates desired, CancellationToken cancellationToken)
    {
        if (await desired.HandOverAsync(instanceId, TokenOf(request), cancellationToken) is not { } state)
        {
            return s_notLetIn.ToProblem();
        }

        var tag = $"\"{state.Revision}\"";
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        request.HttpContext.Response.Headers.ETag = tag;
        return request.Headers.IfNoneMatch == tag ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Json(state, WireJson.Default.DesiredState);
    }

    private static async Task<IResult> UpdateAsync(Guid instanceId, HttpRequest request, ServerReports reports, ConductorUpdates updates, CancellationToken cancellationToken)
    {
        if (await ServerCalls.ReadAsync(request, WireJson.Default.UpdateAsk, cancellationToken) is not { } ask || !IsVersion(ask.Version))
        {
            return s_badReport.ToProblem();
        }

        if (await reports.FindAsync(instanceId, TokenOf(request), cancellationToken) is not { } instance)
        {
            return s_notLetIn.ToProblem();
        }

        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return await updates.OfferAsync(instance, ask, cancellationToken) is { } offer ? TypedResults.Json(offer, WireJson.Default.UpdateOffer) : TypedResults.NoContent();
    }

    private static bool IsSane(IReadOnlyList<DeviceSeen>? seen) => seen is null || (seen.Count <= MaxDevices && seen.All(device => device?.At.Year > 2000));

    /// <summary>It is stored, and shown in logs and pages: text, nothing that steers.</summary>
    private static bool IsVersion(string version) => version.Length is > 0 and <= MaxVersionLength && !version.Any(char.IsControl);

    private static bool IsSane(Heartbeat beat) =>
        beat.CpuPercent is >= 0 and <= 100 && beat is { MemoryUsedBytes: >= 0, MemoryTotalBytes: >= 0, DiskUsedBytes: >= 0, DiskTotalBytes: >= 0 } && IsSane(beat.Devices) && (beat.Update is null || IsVersion(beat.Update.Version));

    private static string TokenOf(HttpRequest request) => BearerToken.Of(request, MaxTokenLength) ?? "";
}
