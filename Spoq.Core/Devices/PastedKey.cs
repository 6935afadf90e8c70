namespace Spoq.Core.Devices;

/// <summary>What people paste, and the words that help when it is something else.</summary>
internal static class PastedKey
{
    /// <summary>Characters. An RSA key of 16384 bits has some 2,800.</summary>
    public const int MaxLength = 9000;

    private const string Rfc4716Begin = "---- BEGIN SSH2 PUBLIC KEY ----";

    public static Result<SshPublicKey> Read(string text)
    {
        // First of all: a private key is named as one, however long or mangled it came.
        if (IsPrivate(text))
        {
            return DeviceRefusals.PrivateKey;
        }

        if (text.Length > MaxLength)
        {
            return DeviceRefusals.KeyTooLong;
        }

        var lines = KeyList.Lines(text);
        if (lines.Count == 0)
        {
            return DeviceRefusals.KeyMissing;
        }

        if (lines[0] == Rfc4716Begin)
        {
            return Rfc4716.Read(lines);
        }

        return (Misplaced(lines[0]) ?? Several(lines)) is { } refusal ? refusal : Line(lines[0]);
    }

    private static Result<SshPublicKey> Line(string line)
    {
        var first = KeyList.FirstWord(line);
        if (KeyTypes.Knows(first))
        {
            return SshPublicKey.FromLine(line);
        }

        if (KeyList.WithoutOptions(line) is not null)
        {
            return DeviceRefusals.KeyWithOptions;
        }

        return first.StartsWith("AAAA", StringComparison.Ordinal) ? DeviceRefusals.TypeMissing : DeviceRefusals.NotAKey;
    }

    /// <summary>Every armour says so in words; the last is the base64 of <c>openssh-key-v1</c>, pasted without its armour.</summary>
    private static bool IsPrivate(string text) =>
        text.Contains("PRIVATE KEY", StringComparison.OrdinalIgnoreCase)
        || text.Contains("PuTTY-User-Key-File", StringComparison.OrdinalIgnoreCase)
        || text.Contains("Private-Lines:", StringComparison.OrdinalIgnoreCase)
        || text.Contains("b3BlbnNzaC1rZXktdjE", StringComparison.Ordinal);

    private static Refusal? Misplaced(string line)
    {
        if (line.StartsWith("-----BEGIN", StringComparison.Ordinal))
        {
            return line.Contains("PUBLIC KEY", StringComparison.Ordinal) ? DeviceRefusals.PemPublicKey : DeviceRefusals.NotAKey;
        }

        if (line.StartsWith("SHA256:", StringComparison.Ordinal) || line.StartsWith("MD5:", StringComparison.Ordinal) || line.Contains(" SHA256:", StringComparison.Ordinal))
        {
            return DeviceRefusals.FingerprintOnly;
        }

        var looksLikeHandle = line.StartsWith('@') || line.Contains("sshid.io/", StringComparison.OrdinalIgnoreCase);
        return looksLikeHandle && Handle.Check(line).Try(out var handle, out _) ? DeviceRefusals.HandleInKeyField(handle) : null;
    }

    private static Refusal? Several(List<string> lines)
    {
        if (lines.Count == 1)
        {
            return null;
        }

        return lines.Skip(1).Any(line => KeyList.TryKeyLine(line) is not null) || KeyList.TryKeyLine(lines[0]) is null
            ? DeviceRefusals.SeveralKeys
            : DeviceRefusals.BrokenOverLines;
    }
}
