using System.Security.Cryptography;
using System.Text;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>
/// A server's SSH host key, ECDSA P-256. It is made here and not on the server, so that its fingerprint is known before
/// anybody connects and stays when the server is made anew.
/// </summary>
internal sealed record HostKey(byte[] PublicBlob, string Pem)
{
    public const string Algorithm = "ecdsa-sha2-nistp256";
    public const string Purpose = "instances.host_key";
    private const string Curve = "nistp256";
    private const string Begin = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    private const string End = "-----END OPENSSH PRIVATE KEY-----\n";
    private const string Magic = "openssh-key-v1\0";

    /// <summary>As <c>ssh-keygen -l</c> writes it.</summary>
    public string Fingerprint => FingerprintOf(PublicBlob);

    /// <summary>As it stands in <c>known_hosts</c> and <c>authorized_keys</c>.</summary>
    public string PublicLine => $"{Algorithm} {Convert.ToBase64String(PublicBlob)}";

    public static string FingerprintOf(ReadOnlySpan<byte> publicBlob) => $"SHA256:{Convert.ToBase64String(SHA256.HashData(publicBlob)).TrimEnd('=')}";

    public static HostKey New()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parts = key.ExportParameters(includePrivateParameters: true);
        var point = new SshWriter().Byte(4).Raw(parts.Q.X).Raw(parts.Q.Y).ToArray();
        var blob = new SshWriter().String(Algorithm).String(Curve).String(point).ToArray();
        return new HostKey(blob, Write(blob, point, parts.D));
    }

    /// <summary>Read back from what <see cref="Pem"/> was.</summary>
    /// <exception cref="FormatException">It is no unencrypted private key of OpenSSH's form.</exception>
    public static HostKey Read(string pem)
    {
        if (!pem.StartsWith(Begin, StringComparison.Ordinal) || !pem.EndsWith(End, StringComparison.Ordinal))
        {
            throw new FormatException("This is no private key of OpenSSH's form.");
        }

        var reader = new SshReader(Convert.FromBase64String(pem[Begin.Length..^End.Length]));
        reader.Take(Magic.Length);
        reader.String();
        reader.String();
        reader.String();
        reader.Number();
        return new HostKey(reader.String().ToArray(), pem);
    }

    /// <summary>PROTOCOL.key of OpenSSH: no cipher, no passphrase, one key, padded with 1, 2, 3 … to eight bytes.</summary>
    private static string Write(byte[] blob, byte[] point, ReadOnlySpan<byte> secret)
    {
        var check = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
        var inner = new SshWriter().Number(check).Number(check).String(Algorithm).String(Curve).String(point).Integer(secret).String("spoq");
        for (byte pad = 1; inner.ToArray().Length % 8 != 0; pad++)
        {
            inner.Byte(pad);
        }

        var whole = new SshWriter().Raw(Encoding.ASCII.GetBytes(Magic)).String("none").String("none").String("").Number(1).String(blob).String(inner.ToArray()).ToArray();
        var lines = Convert.ToBase64String(whole).Chunk(70).Select(line => new string(line));
        return $"{Begin}{string.Join('\n', lines)}\n{End}";
    }
}
