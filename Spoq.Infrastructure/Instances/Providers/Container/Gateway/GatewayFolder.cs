using System.Text;
using Spoq.Infrastructure.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Providers.Container.Gateway;

/// <summary>
/// The folder that gateway and control plane share on one machine (<c>deploy/gateway</c>): the gateway puts its public keys
/// and its web server's socket there, we the names that people may come by.
/// </summary>
internal sealed class GatewayFolder(string path)
{
    /// <summary>One user for everybody who passes through, whatever name they say; no name of theirs can do anything there.</summary>
    private const string Line = ":*:2000:2000::/opt/spoq-gateway/home:/opt/spoq-gateway/shell\n";

    public string CaddySocket => Path.Combine(path, "caddy.sock");

    private string Names => Path.Combine(path, "names", "passwd");

    /// <summary>Of the key that visitors see; null until the gateway was started once.</summary>
    public string? HostKeyFingerprint => Public("ssh_host_ecdsa_key.pub") is { } blob ? HostKey.FingerprintOf(blob) : null;

    /// <summary>The key with which the gateway comes to computers, as a line of <c>authorized_keys</c>.</summary>
    public string? HopKey => Public("hop_key.pub") is { } blob ? $"{HostKey.Algorithm} {Convert.ToBase64String(blob)}" : null;

    /// <summary>Whole or not at all: sshd reads it at any moment.</summary>
    public void WriteNames(IEnumerable<string> names)
    {
        var text = string.Concat(names.Order(StringComparer.Ordinal).Select(name => name + Line));
        if (File.Exists(Names) && File.ReadAllText(Names) == text)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Names)!);
        File.WriteAllText(Names + ".new", text, new UTF8Encoding(false));
        File.Move(Names + ".new", Names, overwrite: true);
    }

    private byte[]? Public(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(path, file)).Split(' ') is [HostKey.Algorithm, var blob, ..] ? Convert.FromBase64String(blob.Trim()) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}
