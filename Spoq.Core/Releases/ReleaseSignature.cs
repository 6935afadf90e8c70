using System.Security.Cryptography;
using System.Text;

namespace Spoq.Core.Releases;

/// <summary>
/// Who published an artifact: ECDSA on P-256 with SHA-256 (FIPS 186-5), DER, base64. The name and the version are signed
/// along, so that no file passes for another and no old one for a new one.
/// </summary>
public static class ReleaseSignature
{
    /// <summary>What is signed; <c>scripts/publish</c> writes the same.</summary>
    public static byte[] Text(string name, string version, string sha256) => Encoding.UTF8.GetBytes($"spoq-release\n{name}\n{version}\n{sha256}\n");

    /// <param name="publicKey">SubjectPublicKeyInfo, DER, base64: pinned in who verifies.</param>
    /// <param name="signature">Base64; null: none was given.</param>
    /// <param name="message">See <see cref="Text"/>.</param>
    public static bool IsValid(string publicKey, string? signature, byte[] message)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            return signature is not null && key.KeySize == 256 && key.VerifyData(message, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return false;
        }
    }
}
