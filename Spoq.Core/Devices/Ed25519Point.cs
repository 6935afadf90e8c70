using System.Globalization;
using System.Numerics;

namespace Spoq.Core.Devices;

/// <summary>The one question we ask of an Ed25519 public key: is it a point on the curve, and of full order (RFC 8032, section 5.1.3)?</summary>
internal static class Ed25519Point
{
    public const int Length = 32;

    private static readonly BigInteger s_p = BigInteger.Pow(2, 255) - 19;

    private static readonly BigInteger s_d = BigInteger.Parse(
        "37095705934669439343138083508754565189542113879843219016388785533085940283555", CultureInfo.InvariantCulture);

    /// <summary>Under a key of order 8 or less anybody can sign; these are the y of all such points.</summary>
    private static readonly BigInteger[] s_smallOrder =
    [
        BigInteger.Zero,
        BigInteger.One,
        s_p - 1,
        BigInteger.Parse("2707385501144840649318225287225658788936804267575313519463743609750303402022", CultureInfo.InvariantCulture),
        BigInteger.Parse("55188659117513257062467267217118295137698188065244968500265048394206261417927", CultureInfo.InvariantCulture),
    ];

    public static bool IsSound(ReadOnlySpan<byte> encoded)
    {
        Span<byte> bytes = stackalloc byte[Length];
        encoded.CopyTo(bytes);
        bytes[^1] &= 0x7f;
        var y = new BigInteger(bytes, isUnsigned: true);
        return y < s_p && !s_smallOrder.Contains(y) && IsOnCurve(y);
    }

    /// <summary>x² = (y² - 1) / (d·y² + 1) must be a square; a/b is one exactly when a·b is.</summary>
    private static bool IsOnCurve(BigInteger y)
    {
        var square = y * y % s_p;
        var product = (square - 1 + s_p) * ((s_d * square) + 1) % s_p;
        return BigInteger.ModPow(product, (s_p - 1) / 2, s_p).IsOne;
    }
}
