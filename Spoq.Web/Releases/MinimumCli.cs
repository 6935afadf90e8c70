using Microsoft.Extensions.Primitives;
using Spoq.Core.Releases;
using Spoq.Infrastructure.Releases;
using Spoq.Web.Shell;

namespace Spoq.Web.Releases;

/// <summary>Turns command lines away that are older than the manifest's <c>min_cli</c>. Signing in and updating stay open to them.</summary>
internal static class MinimumCli
{
    private const string Product = ReleaseArtifact.CommandLine + "/";

    private static readonly PathString[] s_open = ["/releases", "/install", "/oauth", "/auth", "/.well-known", "/health"];

    public static void UseMinimumCli(this WebApplication app) => app.Use(async (context, next) =>
    {
        var version = VersionOf(context.Request.Headers.UserAgent);
        if (version is not null && !Array.Exists(s_open, open => context.Request.Path.StartsWithSegments(open))
            && await app.Services.GetRequiredService<DownloadService>().ManifestAsync(context.RequestAborted) is { } manifest && ReleaseVersion.IsNewer(manifest.MinCli, version))
        {
            await ReleaseRefusals.CommandLineTooOld(version, manifest.MinCli).ToProblem().ExecuteAsync(context);
            return;
        }

        await next(context);
    });

    private static string? VersionOf(StringValues agent) =>
        agent is [{ } said] && said.StartsWith(Product, StringComparison.Ordinal) ? said[Product.Length..].Split(' ')[0] : null;
}
