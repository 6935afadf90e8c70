namespace Spoq.Core.Access;

/// <summary>What happens when a code is presented.</summary>
public enum CodeOutcome
{
    Redeem,

    /// <summary>Not by whom it was made for, or too late: it stays as it is.</summary>
    Refuse,

    /// <summary>It was redeemed before: whatever that gave is taken back (RFC 6749, section 4.1.2).</summary>
    Reused,
}

/// <summary>One consent on its way to one client; only its hash is kept.</summary>
public sealed class AuthorizationCode(byte[] codeHash, Guid accountId, string clientId, string redirectUri, string scope, string codeChallenge, DateTimeOffset createdAt)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    public byte[] CodeHash { get; private set; } = codeHash;

    public Guid AccountId { get; private set; } = accountId;

    public string ClientId { get; private set; } = clientId;

    public string RedirectUri { get; private set; } = redirectUri;

    public string Scope { get; private set; } = scope;

    public string CodeChallenge { get; private set; } = codeChallenge;

    public string? Nonce { get; private set; }

    public DateTimeOffset? AuthenticatedAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    /// <summary>Set when it was redeemed.</summary>
    public Guid? GrantId { get; private set; }

    public static AuthorizationCode For(AuthorizationRequest request, byte[] codeHash, Guid accountId, DateTimeOffset? authenticatedAt, DateTimeOffset now) =>
        new(codeHash, accountId, request.Client.Id, request.RedirectUri, request.Scopes.ToString(), request.CodeChallenge, now)
        {
            Nonce = request.Nonce,
            AuthenticatedAt = authenticatedAt,
        };

    /// <param name="clientId">Who presents it, authenticated.</param>
    /// <param name="redirectUri">Optional in OAuth 2.1; where it is said it must be the same.</param>
    /// <param name="verifier">The proof that it is the program that asked.</param>
    /// <param name="now">The time.</param>
    public CodeOutcome PresentedBy(string clientId, string? redirectUri, string? verifier, DateTimeOffset now) => this switch
    {
        _ when clientId != ClientId => CodeOutcome.Refuse,
        { GrantId: not null } => CodeOutcome.Reused,
        _ when now >= CreatedAt + Life || (redirectUri is not null && redirectUri != RedirectUri) || !Pkce.Verify(verifier, CodeChallenge) => CodeOutcome.Refuse,
        _ => CodeOutcome.Redeem,
    };

    public void Redeem(Guid grantId) => GrantId = grantId;
}
