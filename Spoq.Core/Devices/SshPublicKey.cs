using System.Security.Cryptography;

namespace Spoq.Core.Devices;

/// <summary>A checked OpenSSH public key without options; only keys that a current sshd lets in come into being.</summary>
public sealed record SshPublicKey
{
    public const int MinRsaBits = 3072;
    public const int MaxRsaBits = 16384;

    private SshPublicKey(string algorithm, byte[] blob, string? comment)
    {
        Algorithm = algorithm;
        Blob = Convert.ToBase64String(blob);
        Fingerprint = "SHA256:" + Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('=');
        Comment = KeyComment.Clean(comment);
    }

    /// <summary>Such as <c>ssh-ed25519</c>.</summary>
    public string Algorithm { get; }

    /// <summary>The key itself, in canonical base64.</summary>
    public string Blob { get; }

    /// <summary><c>SHA256:…</c> as <c>ssh-keygen -lf</c> prints it.</summary>
    public string Fingerprint { get; }

    /// <summary>For people only; safe to show, and never written into <c>authorized_keys</c>.</summary>
    public string? Comment { get; }

    /// <summary>As in a <c>.pub</c> file.</summary>
    public string Line => Comment is null ? $"{Algorithm} {Blob}" : $"{Algorithm} {Blob} {Comment}";

    /// <summary>
    /// Reads what a person pasted: exactly one key, as an OpenSSH line or in the RFC 4716 form.
    /// Options are refused rather than dropped: whoever wrote them meant them.
    /// </summary>
    public static Result<SshPublicKey> Parse(string text) => PastedKey.Read(text);

    /// <summary>Reads <c>type base64 [comment]</c>.</summary>
    internal static Result<SshPublicKey> FromLine(string line)
    {
        var fields = line.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (KeyTypes.Refuse(fields[0]) is { } refusal)
        {
            return refusal;
        }

        return fields.Length < 2 ? DeviceRefusals.Damaged : FromBase64(fields[0], fields[1], fields.Length > 2 ? fields[2] : null);
    }

    /// <param name="type">What the line claims; null: whatever the key says itself.</param>
    /// <param name="base64">The key; anything but canonical base64 is refused, so one key has one spelling.</param>
    internal static Result<SshPublicKey> FromBase64(string? type, string base64, string? comment)
    {
        var blob = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, blob, out var length) || Convert.ToBase64String(blob, 0, length) != base64)
        {
            return DeviceRefusals.Damaged;
        }

        blob = blob[..length];
        var inner = KeyBlob.TypeOf(blob);
        if (inner is null || (type is not null && inner != type))
        {
            return DeviceRefusals.Damaged;
        }

        return (KeyTypes.Refuse(inner) ?? KeyBlob.Check(inner, blob)) is { } refusal ? refusal : new SshPublicKey(inner, blob, comment);
    }
}
