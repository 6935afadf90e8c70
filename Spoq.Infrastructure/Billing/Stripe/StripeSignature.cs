using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>
/// The <c>Stripe-Signature</c> header: <c>t=seconds,v1=hex[,v1=hex]</c>, HMAC-SHA256 over <c>t.body</c> with the whole
/// <c>whsec_…</c> text as key. https://docs.stripe.com/webhooks#verify-manually
/// </summary>
internal static class StripeSignature
{
    public const string Header = "Stripe-Signature";

    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    // Two secrets make two signatures; anything near this many is not Stripe.
    private const int MostSignatures = 8;

    public static string Sign(ReadOnlySpan<byte> body, string secret, DateTimeOffset at)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={seconds},v1={Convert.ToHexStringLower(Compute(seconds, body, secret))}";
    }

    /// <summary>Whether any signature fits any secret. A time in the future is accepted, as by the vendor's own library: it is signed.</summary>
    public static bool IsValid(string? header, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        if (header is null || !TryRead(header, out var seconds, out var signatures))
        {
            return false;
        }

        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at) || now.ToUnixTimeSeconds() - at > Tolerance.TotalSeconds)
        {
            return false;
        }

        var valid = false;
        foreach (var secret in secrets)
        {
            var expected = Compute(seconds, body, secret);
            foreach (var signature in signatures)
            {
                valid |= CryptographicOperations.FixedTimeEquals(expected, signature);
            }
        }

        return valid;
    }

    private static bool TryRead(string header, out string seconds, out List<byte[]> signatures)
    {
        seconds = "";
        signatures = [];
        foreach (var part in header.Split(',', MostSignatures * 2))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at < 0 ? ("", "") : (part[..at].Trim(), part[(at + 1)..].Trim());
            if (name == "t")
            {
                seconds = value;
            }
            else if (name == "v1" && value.Length == SHA256.HashSizeInBytes * 2 && signatures.Count < MostSignatures && value.All(char.IsAsciiHexDigit))
            {
                signatures.Add(Convert.FromHexString(value));
            }
        }

        return seconds.Length > 0 && signatures.Count > 0;
    }

    private static byte[] Compute(string seconds, ReadOnlySpan<byte> body, string secret)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(seconds));
        hmac.AppendData("."u8);
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
