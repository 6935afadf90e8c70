using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Spoq.Core.Access;

/// <summary>Writes JSON Web Tokens signed with ES256 (RFC 7518, section 3.4).</summary>
public static class TokenSigner
{
    public const string Algorithm = "ES256";

    public static string Sign(TokenClaims claims, ECDsa key, string kid, string type = TokenTypes.Jwt)
    {
        var head = Part(json =>
        {
            json.WriteString("alg", Algorithm);
            json.WriteString("typ", type);
            json.WriteString("kid", kid);
        });
        var body = Part(json => Write(json, claims));
        var signed = $"{head}.{body}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signed}.{StrictBase64Url.Encode(signature)}";
    }

    private static void Write(Utf8JsonWriter json, TokenClaims claims)
    {
        json.WriteString("iss", claims.Issuer);
        json.WriteString("sub", claims.Subject);
        json.WriteString("aud", claims.Audience);
        json.WriteNumber("iat", claims.IssuedAt.ToUnixTimeSeconds());
        json.WriteNumber("exp", claims.ExpiresAt.ToUnixTimeSeconds());
        if (claims.NotBefore is { } notBefore)
        {
            json.WriteNumber("nbf", notBefore.ToUnixTimeSeconds());
        }

        ReadOnlySpan<(string Name, string? Value)> rest =
        [
            ("jti", claims.Id), ("instance_id", claims.InstanceId), ("role", claims.Role), ("client_id", claims.ClientId), ("scope", claims.Scope),
            ("sid", claims.GrantId),
        ];
        foreach (var (name, value) in rest)
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }

        if (claims.Person is { } person)
        {
            Write(json, person);
        }
    }

    private static void Write(Utf8JsonWriter json, PersonClaims person)
    {
        if (person.AuthenticatedAt is { } authenticatedAt)
        {
            json.WriteNumber("auth_time", authenticatedAt.ToUnixTimeSeconds());
        }

        ReadOnlySpan<(string Name, string? Value)> texts = [("nonce", person.Nonce), ("at_hash", person.AccessTokenHash), ("name", person.Name), ("email", person.Email)];
        foreach (var (name, value) in texts)
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }

        if (person.Email is not null)
        {
            json.WriteBoolean("email_verified", true);
        }
    }

    private static string Part(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return StrictBase64Url.Encode(buffer.WrittenSpan);
    }
}
