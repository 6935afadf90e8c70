using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Spoq.Core.Access;

/// <summary>Base64url with one spelling per value: no padding, no white space, no stray bits (RFC 7515, section 2).</summary>
public static class StrictBase64Url
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (!Base64Url.IsValid(text))
        {
            return false;
        }

        var decoded = Base64Url.DecodeFromChars(text);

        // The framework forgives padding, white space and set spare bits; a token with two spellings is one too many.
        if (!text.SequenceEqual(Base64Url.EncodeToString(decoded)))
        {
            return false;
        }

        bytes = decoded;
        return true;
    }
}
