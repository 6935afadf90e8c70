namespace Spoq.Core.Access;

/// <summary>What a token says once it is verified, or shall say before it is signed.</summary>
public sealed record TokenClaims
{
    public required string Issuer { get; init; }

    /// <summary>The account id.</summary>
    public required string Subject { get; init; }

    /// <summary>An instance's hostname, or whatever else may accept the token.</summary>
    public required string Audience { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The token's own id, <c>jti</c>.</summary>
    public string? Id { get; init; }

    public string? InstanceId { get; init; }

    public string? Role { get; init; }

    public string? ClientId { get; init; }

    public string? Scope { get; init; }

    /// <summary>The grant that a token belongs to, or the browser session, <c>sid</c>: it ends with them.</summary>
    public string? GrantId { get; init; }

    /// <summary>What only an id token says.</summary>
    public PersonClaims? Person { get; init; }
}

/// <summary>Who signed in and how it came to that (OpenID Connect Core, sections 2 and 5.1).</summary>
public sealed record PersonClaims
{
    public DateTimeOffset? AuthenticatedAt { get; init; }

    public string? Nonce { get; init; }

    public string? AccessTokenHash { get; init; }

    /// <summary>Always a confirmed one.</summary>
    public string? Email { get; init; }

    public string? Name { get; init; }
}

/// <summary>What a token calls itself in its head (RFC 9068, section 2.1): one kind never passes for another.</summary>
public static class TokenTypes
{
    public const string Jwt = "JWT";
    public const string AccessToken = "at+jwt";

    /// <summary>Tells one Conductor to ask what is new, and opens nothing.</summary>
    public const string Poke = "poke+jwt";
}

/// <summary>Who must have issued a token and for whom.</summary>
public sealed record TokenRules(string Issuer, string Audience)
{
    /// <summary>How far the clocks of issuer and verifier may be apart.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The <c>typ</c> it must have; null: any of ours, or none.</summary>
    public string? Type { get; init; }
}
