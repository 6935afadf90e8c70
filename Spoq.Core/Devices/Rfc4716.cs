using System.Text;

namespace Spoq.Core.Devices;

/// <summary>The "SSH2" public key file of RFC 4716, which PuTTYgen and some appliances save.</summary>
internal static class Rfc4716
{
    private const string End = "---- END SSH2 PUBLIC KEY ----";

    public static Result<SshPublicKey> Read(List<string> lines)
    {
        string? comment = null;
        var base64 = new StringBuilder();
        var at = 1;
        for (; at < lines.Count && lines[at] != End; at++)
        {
            var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                base64.Append(lines[at]);
                continue;
            }

            var (tag, value) = (lines[at][..colon], lines[at][(colon + 1)..].Trim());
            while (value.EndsWith('\\') && at + 1 < lines.Count)
            {
                value = value[..^1] + lines[++at];
            }

            if (tag.Equals("Comment", StringComparison.OrdinalIgnoreCase))
            {
                comment = value.Trim('"');
            }
        }

        if (at == lines.Count)
        {
            return DeviceRefusals.Damaged;
        }

        return at < lines.Count - 1 ? DeviceRefusals.SeveralKeys : SshPublicKey.FromBase64(null, base64.ToString(), comment);
    }
}
