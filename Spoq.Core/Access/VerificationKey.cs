using System.Security.Cryptography;
using System.Text;
using Spoq.Core.Wire;

namespace Spoq.Core.Access;

/// <summary>A public key that signatures are checked with. It, not the token, says which algorithm that is.</summary>
public sealed class VerificationKey
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    private readonly IdleKeys<ECDsa>? _curves;
    private readonly IdleKeys<RSA>? _rsas;

    private VerificationKey(string kid, ECParameters curve) => (Kid, _curves) = (kid, new IdleKeys<ECDsa>(() => ECDsa.Create(curve)));

    private VerificationKey(string kid, RSAParameters rsa) => (Kid, _rsas) = (kid, new IdleKeys<RSA>(() => RSA.Create(rsa)));

    public string Kid { get; }

    public string Algorithm => _curves is null ? "RS256" : TokenSigner.Algorithm;

    /// <summary>Null where the key is of no use here: another type, a weak or broken one, one for encryption.</summary>
    public static VerificationKey? From(Jwk jwk)
    {
        if (jwk.Use is not (null or "sig") || (jwk.Kid ?? Thumbprint(jwk)) is not { Length: > 0 } kid)
        {
            return null;
        }

        try
        {
            return jwk switch
            {
                { Kty: "EC", Crv: "P-256", Alg: null or "ES256" } => new(kid, Curve(jwk)),
                { Kty: "RSA", Alg: null or "RS256" } => new(kid, Rsa(jwk)),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public static Jwk Publish(ECParameters key)
    {
        var jwk = new Jwk("EC")
        {
            Use = "sig",
            Alg = "ES256",
            Crv = "P-256",
            X = StrictBase64Url.Encode(key.Q.X),
            Y = StrictBase64Url.Encode(key.Q.Y),
        };
        return jwk with { Kid = Thumbprint(jwk) };
    }

    /// <summary>RFC 7638: the key's own name, the same for everybody who computes it.</summary>
    public static string? Thumbprint(Jwk jwk)
    {
        // Members in lexicographic order, no white space; the values are base64url, so nothing needs escaping.
        var canonical = jwk switch
        {
            { Kty: "EC", Crv: { } crv, X: { } x, Y: { } y } => $$"""{"crv":"{{crv}}","kty":"EC","x":"{{x}}","y":"{{y}}"}""",
            { Kty: "RSA", N: { } n, E: { } e } => $$"""{"e":"{{e}}","kty":"RSA","n":"{{n}}"}""",
            _ => null,
        };
        return canonical is null ? null : StrictBase64Url.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
    }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (_curves is not null)
        {
            var curve = _curves.Take();
            var isGood = signature.Length == 64 && curve.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            _curves.Return(curve);
            return isGood;
        }

        var rsa = _rsas!.Take();
        var isRight = rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _rsas.Return(rsa);
        return isRight;
    }

    private static ECParameters Curve(Jwk jwk)
    {
        var parameters = new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Number(jwk.X), Y = Number(jwk.Y) },
        };

        // Importing checks that the point lies on the curve.
        using var check = ECDsa.Create(parameters);
        return parameters;
    }

    private static RSAParameters Rsa(Jwk jwk)
    {
        var parameters = new RSAParameters { Modulus = Number(jwk.N), Exponent = Number(jwk.E) };
        using var check = RSA.Create(parameters);
        return check.KeySize is >= MinRsaBits and <= MaxRsaBits
            ? parameters
            : throw new CryptographicException("An RSA key needs 2048 to 8192 bits.");
    }

    private static byte[] Number(string? text) => StrictBase64Url.TryDecode(text, out var bytes) && bytes.Length > 0
        ? bytes
        : throw new CryptographicException("A number of the key is missing or not base64url.");
}
