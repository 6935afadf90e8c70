using System.Security.Cryptography;
using System.Text;
using Spoq.Core.Access;
using Spoq.Core.Wire;

namespace Spoq.Tests.Access;

/// <summary>An issuer of its own, honest on request and not otherwise.</summary>
internal sealed class Forge : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Forge() => Jwk = VerificationKey.Publish(_key.ExportParameters(includePrivateParameters: false));

    public Jwk Jwk { get; }

    public string Kid => Jwk.Kid!;

    public string PublicPem => _key.ExportSubjectPublicKeyInfoPem();

    public void Dispose() => _key.Dispose();

    public string Sign(TokenClaims claims, string? kid = null, string type = TokenTypes.Jwt) => TokenSigner.Sign(claims, _key, kid ?? Kid, type);

    /// <summary>Signs whatever it is given, word for word.</summary>
    public string SignRaw(string head, string body)
    {
        var signed = $"{Encode(head)}.{Encode(body)}";
        return $"{signed}.{StrictBase64Url.Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}";
    }

    public string Unsigned(string body) => $"{Encode($$"""{"alg":"none","kid":"{{Kid}}"}""")}.{Encode(body)}.";

    /// <summary>The classic: the public key taken for a shared secret.</summary>
    public string HmacWithPublicKey(string body)
    {
        var signed = $"{Encode($$"""{"alg":"HS256","kid":"{{Kid}}"}""")}.{Encode(body)}";
        return $"{signed}.{StrictBase64Url.Encode(HMACSHA256.HashData(Encoding.ASCII.GetBytes(PublicPem), Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => StrictBase64Url.Encode(Encoding.UTF8.GetBytes(text));
}
