using System.Security.Cryptography;
using System.Text;

namespace Spoq.Core.Access;

/// <summary>Proof key for code exchange, S256 only (RFC 7636, sections 4.1 to 4.6).</summary>
public static class Pkce
{
    public const string Method = "S256";

    private const int ChallengeLength = 43;

    public static bool IsChallenge(string? text) =>
        text is { Length: ChallengeLength } && StrictBase64Url.TryDecode(text, out _);

    public static bool Verify(string? verifier, string challenge)
    {
        if (verifier is not { Length: >= 43 and <= 128 } || !verifier.All(IsUnreserved))
        {
            return false;
        }

        var made = StrictBase64Url.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(made), Encoding.ASCII.GetBytes(challenge));
    }

    private static bool IsUnreserved(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';
}
