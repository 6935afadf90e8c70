namespace Spoq.Core.Wire;

/// <summary>A JSON Web Key Set (RFC 7517) as <c>/.well-known/jwks.json</c> answers it.</summary>
public sealed record Jwks(IReadOnlyList<Jwk> Keys);

/// <summary>One public key: elliptic curve (<c>crv x y</c>) or RSA (<c>n e</c>), all numbers base64url.</summary>
public sealed record Jwk(string Kty)
{
    public string? Kid { get; init; }

    public string? Use { get; init; }

    public string? Alg { get; init; }

    public string? Crv { get; init; }

    public string? X { get; init; }

    public string? Y { get; init; }

    public string? N { get; init; }

    public string? E { get; init; }
}
