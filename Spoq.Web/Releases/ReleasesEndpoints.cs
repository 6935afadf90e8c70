using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Spoq.Core;
using Spoq.Core.Releases;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Releases;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Releases;

/// <summary>Private distribution: install scripts, one-time tokens and the binaries they open.</summary>
internal static class ReleasesEndpoints
{
    private const string InstallScriptType = "text/x-shellscript";

    public static void MapReleases(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/releases/version", VersionAsync).AllowAnonymous().WithSummary("What is given out").Refuses(404);
        routes.MapPost("/releases/token", TokenAsync).RequireAccount().WithSummary("A token that downloads once").Refuses(404, 422);
        routes.MapGet("/releases/cli", DownloadCommandLineAsync).AllowAnonymous().WithSummary("Download the command line").Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");
        routes.MapGet("/releases/{binary}", DownloadAsync).AllowAnonymous().WithSummary("Download a binary").Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");
        routes.MapGet("/install", InstallAsync).AllowAnonymous().WithSummary("An install script that works once").Produces<string>(StatusCodes.Status200OK, InstallScriptType).RefusesAs(InstallScriptType);
        routes.MapGet("/install.sh", InstallByDeviceFlowAsync).AllowAnonymous().WithSummary("An install script that asks to be let in").Produces<string>(StatusCodes.Status200OK, InstallScriptType).RefusesAs(InstallScriptType);
    }

    private static async Task<Results<Ok<ReleaseVersions>, ProblemHttpResult>> VersionAsync(DownloadService downloads, CancellationToken cancellationToken)
    {
        if (await downloads.ManifestAsync(cancellationToken) is not { } manifest)
        {
            return ReleaseRefusals.NothingPublished.ToProblem();
        }

        return TypedResults.Ok(new ReleaseVersions(
            manifest.VersionOf(ReleaseArtifact.Conductor),
            manifest.VersionOf(ReleaseArtifact.CommandLine),
            manifest.MinConductor,
            manifest.MinCli,
            [.. manifest.Artifacts.Select(artifact => new ReleaseFile(artifact.Name, artifact.Version, artifact.Size, artifact.Sha256, artifact.Signature))]));
    }

    private static async Task<Results<Ok<DownloadTokenAnswer>, ProblemHttpResult>> TokenAsync(DownloadTokenRequest request, HttpContext http, DownloadService downloads, TimeProvider clock)
    {
        var issued = await downloads.IssueAsync(http.User.AccountId(), request.Binary, http.RequestAborted);
        return issued.Try(out var download, out var refusal)
            ? TypedResults.Ok(new DownloadTokenAnswer(download.Token, (long)(download.ExpiresAt - clock.GetUtcNow()).TotalSeconds))
            : refusal.ToProblem();
    }

    /// <summary>For people who type the address: their system is in the query, or Linux on amd64.</summary>
    private static Task<IResult> DownloadCommandLineAsync(string? token, string? os, string? arch, HttpContext http, DownloadService downloads) =>
        DownloadAsync($"{ReleaseArtifact.CommandLine}-{os ?? "linux"}-{arch ?? "amd64"}", token, http, downloads);

    private static async Task<IResult> DownloadAsync(string binary, string? token, HttpContext http, DownloadService downloads)
    {
        var goesOn = http.Request.GetTypedHeaders().Range is { Unit.Value: "bytes", Ranges.Count: 1 } range && range.Ranges.First().From is > 0;
        if (!(await downloads.RedeemAsync(token, binary, goesOn, http.Caller(), http.RequestAborted)).Try(out var artifact, out var refusal))
        {
            return refusal.ToProblem();
        }

        http.Response.Headers.CacheControl = "no-store";
        return downloads.Open(artifact) is { } stream
            ? TypedResults.Stream(stream, "application/octet-stream", artifact.Name, entityTag: new EntityTagHeaderValue($"\"{artifact.Sha256}\""), enableRangeProcessing: true)
            : ReleaseRefusals.NoSuchBuild.ToProblem();
    }

    private static async Task<ContentHttpResult> InstallAsync(string? token, HttpContext http, DownloadService downloads, IOptions<SpoqOptions> options)
    {
        if (await downloads.CheckAsync(token, http.Caller(), http.RequestAborted) is { } refusal)
        {
            return Script(http, InstallScript.Refuse(refusal.Message), refusal);
        }

        return await downloads.ManifestAsync(http.RequestAborted) is { } manifest
            ? Script(http, InstallScript.Write(options.Value.BaseUrl, token, manifest))
            : Script(http, InstallScript.Refuse(ReleaseRefusals.NothingPublished.Message), ReleaseRefusals.NothingPublished);
    }

    private static async Task<ContentHttpResult> InstallByDeviceFlowAsync(HttpContext http, DownloadService downloads, IOptions<SpoqOptions> options) =>
        await downloads.ManifestAsync(http.RequestAborted) is { } manifest && manifest.CommandLines.Any()
            ? Script(http, InstallScript.Write(options.Value.BaseUrl, null, manifest))
            : Script(http, InstallScript.Refuse(ReleaseRefusals.NothingPublished.Message), ReleaseRefusals.NothingPublished);

    private static ContentHttpResult Script(HttpContext http, string text, Refusal? refusal = null)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (refusal?.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return TypedResults.Text(text, InstallScriptType, Encoding.UTF8, refusal is null ? StatusCodes.Status200OK : Problems.Status(refusal.Kind));
    }
}

/// <param name="Conductor">Null: no build of it is given out here.</param>
/// <param name="Cli">Null: no build of it is given out here.</param>
internal sealed record ReleaseVersions(
    [property: JsonPropertyName("conductor")] string? Conductor,
    [property: JsonPropertyName("cli")] string? Cli,
    [property: JsonPropertyName("min_conductor")] string MinConductor,
    [property: JsonPropertyName("min_cli")] string MinCli,
    [property: JsonPropertyName("artifacts")] IReadOnlyList<ReleaseFile> Artifacts);

/// <param name="Signature">ECDSA P-256 over name, version and checksum, DER in base64; null: published without a key.</param>
internal sealed record ReleaseFile(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("version")] string Version,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("sha256")] string Sha256,
    [property: JsonPropertyName("signature")] string? Signature);

/// <param name="Binary"><c>cli</c> or <c>conductor</c>.</param>
internal sealed record DownloadTokenRequest([property: JsonPropertyName("binary")] string? Binary = null);

internal sealed record DownloadTokenAnswer([property: JsonPropertyName("token")] string Token, [property: JsonPropertyName("expires_in")] long ExpiresIn);
