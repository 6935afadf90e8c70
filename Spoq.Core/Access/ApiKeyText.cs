using System.Numerics;
using System.Text;

namespace Spoq.Core.Access;

/// <summary>
/// How an API key is written: <c>spoq_live_</c>, 256 random bits in base62 (43 characters), and the CRC-32 of those 43
/// characters in base62 (6 characters). The checksum tells a mistyped key, or something that is no key at all, from a
/// wrong one before any look-up, and lets scanners of leaked secrets be sure. It protects nothing else.
/// </summary>
public static class ApiKeyText
{
    public const string Prefix = "spoq_live_";

    public const int SecretBytes = 32;

    /// <summary>How many characters after the prefix are kept to recognise a key by.</summary>
    public const int Shown = 8;

    private const int BodyLength = 43;

    private const int SumLength = 6;

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <param name="secret">256 random bits.</param>
    public static string Write(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != SecretBytes)
        {
            throw new ArgumentException("A key is made of 256 bits.", nameof(secret));
        }

        var body = Base62(new BigInteger(secret, isUnsigned: true, isBigEndian: true), BodyLength);
        return Prefix + body + Sum(body);
    }

    /// <summary>Whether this can be a key at all: its length, its letters and its checksum.</summary>
    public static bool IsWellFormed(string? key)
    {
        if (key is not { Length: 59 } || !key.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var body = key.Substring(Prefix.Length, BodyLength);
        return body.All(char.IsAsciiLetterOrDigit) && key.EndsWith(Sum(body), StringComparison.Ordinal);
    }

    public static string ShownOf(string key) => key.Substring(Prefix.Length, Shown);

    private static string Sum(string body) => Base62(Crc32(Encoding.ASCII.GetBytes(body)), SumLength);

    private static string Base62(BigInteger number, int length)
    {
        var text = new char[length];
        for (var i = length - 1; i >= 0; i--)
        {
            number = BigInteger.DivRem(number, Digits.Length, out var digit);
            text[i] = Digits[(int)digit];
        }

        return new string(text);
    }

    /// <summary>The CRC of zip and PNG (ISO 3309, reflected polynomial EDB88320).</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }
}
