using System.Text;
using System.Text.Json;

namespace Spoq.Core.Access;

/// <summary>Reads JSON Web Tokens (RFC 7519) and believes nothing they say about how to check them (RFC 8725).</summary>
public static class TokenVerifier
{
    public const int MaxLength = 8192;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <param name="token">Compact form; <c>jwk</c>, <c>jku</c>, <c>x5c</c> and <c>x5u</c> in its head are never looked at.</param>
    public static Result<TokenClaims> Verify(string token, KeySet keys, TokenRules rules, DateTimeOffset now)
    {
        if (token.Length > MaxLength
            || token.Split('.') is not [var head, var body, var signature]
            || !StrictBase64Url.TryDecode(head, out var headBytes)
            || !StrictBase64Url.TryDecode(body, out var bodyBytes)
            || !StrictBase64Url.TryDecode(signature, out var signatureBytes))
        {
            return AccessRefusals.TokenInvalid;
        }

        try
        {
            using var headJson = JsonDocument.Parse(headBytes, s_strict);
            if (ReadHead(headJson.RootElement, rules.Type) is not { } said)
            {
                return AccessRefusals.TokenInvalid;
            }

            if (keys.Find(said.Kid) is not { } key)
            {
                return AccessRefusals.KeyUnknown;
            }

            if (said.Algorithm != key.Algorithm || !key.Verify(Encoding.ASCII.GetBytes($"{head}.{body}"), signatureBytes))
            {
                return AccessRefusals.TokenInvalid;
            }

            using var bodyJson = JsonDocument.Parse(bodyBytes, s_strict);
            return ReadClaims(bodyJson.RootElement, rules.Audience) is { } claims ? Check(claims, rules, now) : AccessRefusals.TokenInvalid;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: text that is no Unicode, found only when it is read.
            return AccessRefusals.TokenInvalid;
        }
    }

    private static (string Kid, string Algorithm)? ReadHead(JsonElement head, string? wantedType)
    {
        // An extension that must be understood (RFC 7515, section 4.1.11) is not: we have none.
        if (head.ValueKind != JsonValueKind.Object || head.TryGetProperty("crit", out _))
        {
            return null;
        }

        if (head.TryGetProperty("typ", out var typ) ? typ.ValueKind != JsonValueKind.String || !IsTokenType(typ.GetString()!, wantedType) : wantedType is not null)
        {
            return null;
        }

        return Text(head, "kid") is { } kid && Text(head, "alg") is { } algorithm ? (kid, algorithm) : null;
    }

    private static bool IsTokenType(string type, string? wanted)
    {
        // The prefix may be left out or written out (RFC 7515, section 4.1.9).
        var said = type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) ? type["application/".Length..] : type;
        return wanted is null
            ? said.Equals(TokenTypes.Jwt, StringComparison.OrdinalIgnoreCase) || said.Equals(TokenTypes.AccessToken, StringComparison.OrdinalIgnoreCase)
            : said.Equals(wanted, StringComparison.OrdinalIgnoreCase);
    }

    private static TokenClaims? ReadClaims(JsonElement body, string wanted)
    {
        if (body.ValueKind != JsonValueKind.Object
            || Text(body, "iss") is not { } issuer
            || Text(body, "sub") is not { } subject
            || Audience(body, wanted) is not { } audience
            || Time(body, "exp") is not { } expiresAt
            || Time(body, "iat") is not { } issuedAt)
        {
            return null;
        }

        var notBefore = Time(body, "nbf");
        if (notBefore is null && body.TryGetProperty("nbf", out _))
        {
            return null;
        }

        return new TokenClaims
        {
            Issuer = issuer,
            Subject = subject,
            Audience = audience,
            IssuedAt = issuedAt,
            ExpiresAt = expiresAt,
            NotBefore = notBefore,
            Id = Text(body, "jti"),
            InstanceId = Text(body, "instance_id"),
            Role = Text(body, "role"),
            ClientId = Text(body, "client_id"),
            Scope = Text(body, "scope"),
            GrantId = Text(body, "sid"),
        };
    }

    private static Result<TokenClaims> Check(TokenClaims claims, TokenRules rules, DateTimeOffset now)
    {
        if (claims.Issuer != rules.Issuer || claims.Audience != rules.Audience || claims.Subject.Length == 0
            || claims.ExpiresAt <= claims.IssuedAt
            || claims.IssuedAt > now + rules.Skew
            || claims.NotBefore > now + rules.Skew)
        {
            return AccessRefusals.TokenInvalid;
        }

        return now >= claims.ExpiresAt + rules.Skew ? AccessRefusals.TokenExpired : claims;
    }

    /// <summary><c>aud</c> is a text or a list of them (RFC 7519, section 4.1.3).</summary>
    private static string? Audience(JsonElement body, string wanted)
    {
        if (!body.TryGetProperty("aud", out var audience))
        {
            return null;
        }

        return audience.ValueKind switch
        {
            JsonValueKind.String => audience.GetString(),
            JsonValueKind.Array => audience.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(wanted)) ? wanted : null,
            _ => null,
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds)
            && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
