using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Spoq.Infrastructure.Accounts;

/// <summary>256-bit tokens, of which only the hash is stored, and the six digits that stand beside one.</summary>
internal static class Secret
{
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string NewCode() => RandomNumberGenerator.GetInt32(1_000_000).ToString("d6", CultureInfo.InvariantCulture);

    public static byte[] Hash(string? secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret ?? ""));

    public static byte[] HashCode(string ticket, string code) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(ticket), Encoding.UTF8.GetBytes(code));

    /// <summary>The digits of what was typed, with the spaces and hyphens that people put between them left out; null: not six digits.</summary>
    public static string? ReadCode(string? typed)
    {
        var code = (typed ?? "").Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Trim();
        return code.Length == 6 && code.All(char.IsAsciiDigit) ? code : null;
    }
}
