using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Spoq.Core.Devices;

/// <summary>The binary form of a public key: RFC 4253 section 6.6, RFC 5656, RFC 8709 and OpenSSH's PROTOCOL.u2f.</summary>
internal static class KeyBlob
{
    private const int MaxApplicationLength = 255;

    /// <summary>The type a key states inside itself; null when there is none to read.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> blob)
    {
        var fields = new Fields(blob);
        return fields.TryNext(out var type) && type.Length is > 0 and < 80 && Ascii.IsValid(type) ? Encoding.ASCII.GetString(type) : null;
    }

    /// <summary>Null when the key is whole and sound.</summary>
    public static Refusal? Check(string type, ReadOnlySpan<byte> blob)
    {
        var fields = new Fields(blob);
        fields.TryNext(out _);
        var refusal = type switch
        {
            KeyTypes.Ed25519 => CheckEd25519(ref fields),
            KeyTypes.SecurityKeyEd25519 => CheckEd25519(ref fields) ?? CheckApplication(ref fields),
            KeyTypes.SecurityKeyEcdsa => CheckEcdsa(ref fields, "nistp256") ?? CheckApplication(ref fields),
            KeyTypes.Rsa => CheckRsa(ref fields),
            _ => CheckEcdsa(ref fields, type["ecdsa-sha2-".Length..]),
        };
        return refusal ?? (fields.AtEnd ? null : DeviceRefusals.Damaged);
    }

    private static Refusal? CheckEd25519(ref Fields fields) =>
        fields.TryNext(out var point) && point.Length == Ed25519Point.Length
            ? Ed25519Point.IsSound(point) ? null : DeviceRefusals.WeakKey
            : DeviceRefusals.Damaged;

    private static Refusal? CheckApplication(ref Fields fields) =>
        fields.TryNext(out var application) && application.Length is > 0 and <= MaxApplicationLength && !application.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)
            ? null
            : DeviceRefusals.Damaged;

    private static Refusal? CheckEcdsa(ref Fields fields, string curveName)
    {
        var (curve, size) = curveName switch
        {
            "nistp256" => (ECCurve.NamedCurves.nistP256, 32),
            "nistp384" => (ECCurve.NamedCurves.nistP384, 48),
            _ => (ECCurve.NamedCurves.nistP521, 66),
        };

        const byte Uncompressed = 4;
        if (!fields.TryNext(out var stated) || !stated.SequenceEqual(Encoding.ASCII.GetBytes(curveName))
            || !fields.TryNext(out var point) || point.Length != (2 * size) + 1 || point[0] != Uncompressed)
        {
            return DeviceRefusals.Damaged;
        }

        return IsOnCurve(curve, point.Slice(1, size), point[(1 + size)..]) ? null : DeviceRefusals.WeakKey;
    }

    private static bool IsOnCurve(ECCurve curve, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        try
        {
            // Importing checks the curve equation.
            using var key = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() } });
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static Refusal? CheckRsa(ref Fields fields)
    {
        if (!fields.TryNextPositive(out var exponent) || !fields.TryNextPositive(out var modulus))
        {
            return DeviceRefusals.Damaged;
        }

        var bits = (int)modulus.GetBitLength();
        return bits switch
        {
            < SshPublicKey.MinRsaBits => DeviceRefusals.RsaTooShort(bits),
            > SshPublicKey.MaxRsaBits => DeviceRefusals.RsaTooLong,
            _ when modulus.IsEven || exponent.IsEven || exponent < 3 || exponent.GetBitLength() > 64 => DeviceRefusals.WeakKey,
            _ => null,
        };
    }

    /// <summary>Length-prefixed fields, one after the other.</summary>
    private ref struct Fields(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public readonly bool AtEnd => _rest.IsEmpty;

        public bool TryNext(out ReadOnlySpan<byte> field)
        {
            field = default;
            if (!BinaryPrimitives.TryReadUInt32BigEndian(_rest, out var length) || length > _rest.Length - sizeof(uint))
            {
                return false;
            }

            field = _rest.Slice(sizeof(uint), (int)length);
            _rest = _rest[(sizeof(uint) + (int)length)..];
            return true;
        }

        /// <summary>An mpint above zero in its one shortest form: a leading zero only before a high bit.</summary>
        public bool TryNextPositive(out BigInteger number)
        {
            number = default;
            if (!TryNext(out var bytes) || bytes.IsEmpty || bytes[0] >= 0x80 || (bytes[0] == 0 && (bytes.Length == 1 || bytes[1] < 0x80)))
            {
                return false;
            }

            number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
            return true;
        }
    }
}
