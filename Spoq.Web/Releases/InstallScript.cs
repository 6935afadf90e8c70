using System.Text;
using Spoq.Core.Releases;

namespace Spoq.Web.Releases;

/// <summary>The script behind <c>/install</c>: POSIX sh, with the checksums inside.</summary>
internal static class InstallScript
{
    private static readonly Lazy<string> s_template = new(() =>
    {
        using var stream = typeof(InstallScript).Assembly.GetManifestResourceStream("install.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    /// <param name="token">Null: the script signs in by device flow.</param>
    public static string Write(Uri root, string? token, ReleaseManifest manifest)
    {
        var artifacts = new StringBuilder();
        foreach (var artifact in manifest.CommandLines)
        {
            artifacts.Append($"    {artifact.Name}) size={artifact.Size} sha256={artifact.Sha256} ;;\n");
        }

        return s_template.Value
            .Replace("{{base}}", Address(root), StringComparison.Ordinal)
            .Replace("{{token}}", token, StringComparison.Ordinal)
            .Replace("{{version}}", manifest.VersionOf(ReleaseArtifact.CommandLine), StringComparison.Ordinal)
            .Replace("{{artifacts}}\n", artifacts.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A script that says why not: what was asked for is about to be run by a shell.</summary>
    public static string Refuse(string message) => $"#!/bin/sh\nprintf '%s\\n' 'spoq: {message.Replace("'", "'\\''", StringComparison.Ordinal)}' >&2\nexit 1\n";

    public static string Command(Uri root, string token) => $"curl -sSL '{Address(root)}/install?token={token}' | sh";

    private static string Address(Uri root) => root.AbsoluteUri.TrimEnd('/');
}
