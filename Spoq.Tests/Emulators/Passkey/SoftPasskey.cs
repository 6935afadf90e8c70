using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Spoq.Tests.Emulators.Passkey;

/// <summary>
/// An authenticator in software (WebAuthn level 3, ES256, attestation "none"): signs for whatever origin it is told, as a
/// browser on that page would.
/// </summary>
public sealed class SoftPasskey : IDisposable
{
    private const byte UserPresent = 1;
    private const byte UserVerified = 4;
    private const byte HasCredential = 64;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);
    private string _userHandle = "";
    private uint _count;

    /// <summary>Whether its owner unlocked it by finger or PIN.</summary>
    public bool Verifies { get; set; } = true;

    public bool IsCrossOrigin { get; set; }

    public void Dispose() => _key.Dispose();

    public string Create(string optionsJson, string origin, string? rpId = null)
    {
        using var options = JsonDocument.Parse(optionsJson);
        _userHandle = options.RootElement.GetProperty("user").GetProperty("id").GetString()!;
        var client = ClientData("webauthn.create", options.RootElement, origin);
        var authenticator = AuthenticatorData(rpId ?? options.RootElement.GetProperty("rp").GetProperty("id").GetString()!, withKey: true);
        byte[] attestation = [0xa3, .. Text("fmt"), .. Text("none"), .. Text("attStmt"), 0xa0, .. Text("authData"), .. Bytes(authenticator)];
        return Json(new { clientDataJSON = WebEncoders.Base64UrlEncode(client), attestationObject = WebEncoders.Base64UrlEncode(attestation), transports = new[] { "internal" } });
    }

    public string Get(string optionsJson, string origin, string? rpId = null)
    {
        using var options = JsonDocument.Parse(optionsJson);
        var client = ClientData("webauthn.get", options.RootElement, origin);
        var authenticator = AuthenticatorData(rpId ?? options.RootElement.GetProperty("rpId").GetString()!, withKey: false);
        var signature = _key.SignData([.. authenticator, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return Json(new
        {
            clientDataJSON = WebEncoders.Base64UrlEncode(client),
            authenticatorData = WebEncoders.Base64UrlEncode(authenticator),
            signature = WebEncoders.Base64UrlEncode(signature),
            userHandle = _userHandle,
        });
    }

    private byte[] ClientData(string type, JsonElement options, string origin) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        type,
        challenge = options.GetProperty("challenge").GetString(),
        origin,
        crossOrigin = IsCrossOrigin,
    });

    private byte[] AuthenticatorData(string rpId, bool withKey)
    {
        _count++;
        var flags = (byte)(UserPresent | (Verifies ? UserVerified : 0) | (withKey ? HasCredential : 0));
        byte[] count = [(byte)(_count >> 24), (byte)(_count >> 16), (byte)(_count >> 8), (byte)_count];
        byte[] head = [.. SHA256.HashData(Encoding.UTF8.GetBytes(rpId)), flags, .. count];
        if (!withKey)
        {
            return head;
        }

        // COSE_Key (RFC 9053): kty EC2, alg ES256, crv P-256, x, y.
        var key = _key.ExportParameters(false).Q;
        return [.. head, .. new byte[16], 0, (byte)_id.Length, .. _id, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, .. Bytes(key.X!), 0x22, .. Bytes(key.Y!)];
    }

    private string Json(object response) => JsonSerializer.Serialize(new
    {
        id = WebEncoders.Base64UrlEncode(_id),
        rawId = WebEncoders.Base64UrlEncode(_id),
        type = "public-key",
        authenticatorAttachment = "platform",
        clientExtensionResults = new { },
        response,
    });

    private static byte[] Text(string text) => [(byte)(0x60 + text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Bytes(byte[] bytes) => bytes.Length < 256 ? [0x58, (byte)bytes.Length, .. bytes] : [0x59, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
}
