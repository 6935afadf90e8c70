using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances.Providers.Byo;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Access;
using Spoq.Web.Instances.Provisioning;
using Spoq.Web.Releases;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances.Providers.Byo;

/// <summary>What the command of a customer's own server fetches and calls: open to all addresses, let in by the command's token only.</summary>
internal static class OwnServerEndpoints
{
    private const string Path = "/own-server";
    private const string ScriptType = "text/x-shellscript";
    private const int MaxBodyBytes = 2 * 1024;
    private const int KeyLength = 64;

    public static void MapOwnServers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, ScriptAsync).AllowAnonymous().WithSummary("The script that connects a server of one's own").Produces<string>(StatusCodes.Status200OK, ScriptType).RefusesAs(ScriptType);
        routes.MapPost("/internal/own-servers", ConnectAsync).RequireInstanceToken().WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .WithSummary("A server of a customer's own calls for the first time").Takes<OwnServerCall>("application/json").Produces<OwnServerWelcome>().Refuses(409, 422);
    }

    /// <summary>One line for a terminal. A shell must not be handed an error page, so refusals are scripts too.</summary>
    public static string Command(Uri root, string token) => $"curl -sSL '{root.GetLeftPart(UriPartial.Authority)}{Path}?token={token}' | sudo bash";

    private static async Task<ContentHttpResult> ScriptAsync(string? token, HttpContext http, OwnServers servers, IOptions<SpoqOptions> options)
    {
        http.Response.Headers.CacheControl = "no-store";
        return (await servers.OfAsync(token, http.RequestAborted)).Try(out var owner, out var refusal)
            ? TypedResults.Text(ServerKit.ConnectScript(options.Value.BaseUrl, owner.InstanceId, owner.Hostname, token!), ScriptType, Encoding.UTF8)
            : TypedResults.Text(InstallScript.Refuse(refusal.Message), ScriptType, Encoding.UTF8, Problems.Status(refusal.Kind));
    }

    private static async Task<IResult> ConnectAsync(HttpRequest request, OwnServers servers, CancellationToken cancellationToken)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        if (!(await servers.OfAsync(TokenOf(request), cancellationToken)).Try(out _, out var unknown))
        {
            return unknown.ToProblem();
        }

        if (await ServerCalls.ReadAsync(request, WireJson.Default.OwnServerCall, cancellationToken) is not { } call || !IsSane(call))
        {
            return OwnServerRefusals.BadCall.ToProblem();
        }

        var connected = await servers.ConnectAsync(TokenOf(request), call, request.HttpContext.Connection.RemoteIpAddress, cancellationToken);
        return connected.Try(out var welcome, out var refusal) ? TypedResults.Json(welcome, WireJson.Default.OwnServerWelcome) : refusal.ToProblem();
    }

    /// <summary>It is stored, and shown in pages: text, nothing that steers.</summary>
    private static bool IsSane(OwnServerCall call) =>
        call.Key.Length == KeyLength && call.Key.All(char.IsAsciiHexDigitLower)
        && call.System.Length is > 0 and <= OwnServer.LongestSystem && !call.System.Any(char.IsControl)
        && (call.HostKey is null || (call.HostKey.Length <= OwnServer.LongestFingerprint && call.HostKey.StartsWith("SHA256:", StringComparison.Ordinal) && call.HostKey.All(char.IsAscii) && !call.HostKey.Any(char.IsControl)));

    private static string TokenOf(HttpRequest request) => BearerToken.Of(request) ?? "";
}
