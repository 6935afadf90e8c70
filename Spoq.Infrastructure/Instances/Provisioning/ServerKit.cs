using System.Formats.Tar;
using System.IO.Compression;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary><c>deploy/instance</c> as one script: the files it puts on a server travel at its end. Nothing of anybody's is in it.</summary>
public static class ServerKit
{
    private const string ScriptName = "instance/install.sh";
    private const string ConnectName = "instance/connect.sh";
    private const string Prefix = "instance/";
    private static readonly string[] s_trees = ["instance/root/", "instance/own/"];
    private const string NoPayload = "\nPAYLOAD=''\n";

    private static readonly Lazy<string> s_script = new(Write);

    public static string Script => s_script.Value;

    /// <summary>All that a provider is told to run on a new system: it fetches <see cref="Script"/> with a token that serves one installation.</summary>
    public static string BootScript(Uri controlPlane, Guid instanceId, string provisioningToken) => $"""
        #!/bin/bash
        set -euo pipefail
        export SPOQ_URL='{controlPlane.GetLeftPart(UriPartial.Authority)}' SPOQ_INSTANCE='{instanceId}' SPOQ_TOKEN='{provisioningToken}'
        curl -fsSL --retry 20 --retry-connrefused -H "Authorization: Bearer $SPOQ_TOKEN" "$SPOQ_URL/internal/instances/$SPOQ_INSTANCE/install.sh" | bash

        """;

    /// <summary>What the command of a customer's own server fetches: it knows whose server it makes, and little else.</summary>
    public static string ConnectScript(Uri controlPlane, Guid instanceId, string hostname, string commandToken)
    {
        using var reader = new StreamReader(Open(ConnectName));
        return reader.ReadToEnd()
            .Replace("@URL@", controlPlane.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("@INSTANCE@", instanceId.ToString(), StringComparison.Ordinal)
            .Replace("@HOSTNAME@", hostname, StringComparison.Ordinal)
            .Replace("@TOKEN@", commandToken, StringComparison.Ordinal);
    }

    private static string Write()
    {
        using var reader = new StreamReader(Open(ScriptName));
        var script = reader.ReadToEnd();
        var at = script.IndexOf(NoPayload, StringComparison.Ordinal);
        return at < 0
            ? throw new InvalidOperationException("deploy/instance/install.sh has no place for its files.")
            : string.Concat(script.AsSpan(0, at), $"\nPAYLOAD='{Convert.ToBase64String(Pack())}'\n", script.AsSpan(at + NoPayload.Length));
    }

    private static byte[] Pack()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            foreach (var name in typeof(ServerKit).Assembly.GetManifestResourceNames().Where(name => s_trees.Any(tree => name.StartsWith(tree, StringComparison.Ordinal))).Order(StringComparer.Ordinal))
            {
                using var file = Open(name);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name[Prefix.Length..]) { DataStream = file, Mode = (UnixFileMode)0b110_100_100 });
            }
        }

        return packed.ToArray();
    }

    private static Stream Open(string name) => typeof(ServerKit).Assembly.GetManifestResourceStream(name)!;
}
