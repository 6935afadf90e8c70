using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>What a token endpoint hands out.</summary>
public sealed record IssuedTokens(string AccessToken, string RefreshToken, TimeSpan ExpiresIn, string Scope, string? IdToken);

/// <summary>Access tokens, and the chain of refresh tokens that renews them.</summary>
public sealed class TokenService(IDbContextFactory<SpoqDbContext> contexts, SigningKeys keys, SecretBox box, IOptions<SpoqOptions> options, IdTokens idTokens, AccessDesk desk)
{
    public static readonly TimeSpan AccessLife = TimeSpan.FromHours(1);

    private const string Purpose = "refresh_tokens.sealed_successor";

    /// <summary>Adds the first refresh token of the grant; the caller saves.</summary>
    public Task<IssuedTokens> IssueAsync(SpoqDbContext db, Grant grant, CancellationToken cancellationToken) =>
        IssueAsync(db, grant, new SignInProof(null, null), cancellationToken);

    /// <summary>Has keys made, where there are none yet, and at hand: issuing inside a transaction asks for no second connection.</summary>
    internal async Task PrepareAsync(CancellationToken cancellationToken) => await keys.VerifyingAsync(cancellationToken);

    /// <summary>With an id token where the scope <c>openid</c> was granted.</summary>
    internal async Task<IssuedTokens> IssueAsync(SpoqDbContext db, Grant grant, SignInProof proof, CancellationToken cancellationToken)
    {
        var refreshToken = Secret.New();
        Add(db, grant.Id, refreshToken);
        var accessToken = await SignAsync(db, grant, grant.Scope, cancellationToken);
        var idToken = ScopeSet.Parse(grant.Scope).Contains(Scopes.OpenId) ? await idTokens.SignAsync(db, grant, accessToken, proof, cancellationToken) : null;
        return new IssuedTokens(accessToken, refreshToken, AccessLife, grant.Scope, idToken);
    }

    /// <param name="refreshToken">As it came.</param>
    /// <param name="clientId">Who presents it, authenticated where it has a secret; null: one of our own clients.</param>
    /// <param name="caller">For the audit log.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<Result<IssuedTokens>> RefreshAsync(string? refreshToken, string? clientId, Caller caller, CancellationToken cancellationToken) =>
        RefreshAsync(refreshToken, clientId, null, caller, cancellationToken);

    /// <summary>The access token may be asked for with fewer scopes; the refresh token keeps them all (RFC 6749, section 6).</summary>
    public async Task<Result<IssuedTokens>> RefreshAsync(string? refreshToken, string? clientId, string? scope, Caller caller, CancellationToken cancellationToken)
    {
        // Read before a row is held: many at once would otherwise wait for each other's connection.
        await PrepareAsync(cancellationToken);
        var hash = Secret.Hash(refreshToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // The grant's row is the family's lock: of many at once, one rotates and the others see what it did.
        var grant = await db.Set<Grant>()
            .FromSql($"select g.* from grants g join refresh_tokens t on t.grant_id = g.id where t.token_hash = {hash} for update of g")
            .AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        if (grant is null || grant.IsRevoked || !IsHolder(grant, clientId) || await desk.IsSuspendedAsync(db, grant.AccountId, cancellationToken))
        {
            return AccessRefusals.RefreshInvalid;
        }

        var asked = string.IsNullOrWhiteSpace(scope) ? grant.Scope : ScopeSet.Parse(scope).ToString();
        if (!ScopeSet.Parse(asked).IsWithin(ScopeSet.Parse(grant.Scope)))
        {
            return AccessRefusals.ScopeWider;
        }

        var token = await db.Set<RefreshToken>().SingleAsync(row => row.TokenHash == hash, cancellationToken);
        var outcome = token.PresentedAt(desk.Now);
        switch (outcome)
        {
            case RefreshOutcome.Rotate:
                var successor = Secret.New();
                Add(db, grant.Id, successor);
                token.Spend(box.Seal(Encoding.UTF8.GetBytes(successor), Purpose), desk.Now);
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return new IssuedTokens(await SignAsync(db, grant, asked, cancellationToken), successor, AccessLife, asked, null);

            case RefreshOutcome.Repeat:
                var again = Encoding.UTF8.GetString(box.Open(token.SealedSuccessor, Purpose));
                return new IssuedTokens(await SignAsync(db, grant, asked, cancellationToken), again, AccessLife, asked, null);

            case RefreshOutcome.Reused:
                desk.Audit(db, grant.AccountId, "access.refresh_token_reused", grant.Name ?? grant.ClientId, caller);
                await desk.Grants.RevokeAsync(db, grant.Id, "because a spent refresh token came back", caller, cancellationToken);
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return AccessRefusals.RefreshInvalid;

            default:
                return AccessRefusals.RefreshInvalid;
        }
    }

    private static bool IsHolder(Grant grant, string? clientId) => clientId is null ? FirstPartyClients.Is(grant.ClientId) : grant.ClientId == clientId;

    private void Add(SpoqDbContext db, Guid grantId, string refreshToken) =>
        db.Add(new RefreshToken(Secret.Hash(refreshToken), grantId, desk.Now, desk.Now + RefreshToken.Life));

    private Task<string> SignAsync(SpoqDbContext db, Grant grant, string scope, CancellationToken cancellationToken)
    {
        var issuer = RuntimeTokens.IssuerOf(options.Value);
        var claims = new TokenClaims
        {
            Issuer = issuer,
            Subject = grant.AccountId.ToString(),
            Audience = issuer,
            IssuedAt = desk.Now,
            ExpiresAt = desk.Now + AccessLife,
            Id = Guid.NewGuid().ToString("N"),
            ClientId = grant.ClientId,
            Scope = scope,
            GrantId = grant.Id.ToString(),
        };
        return keys.SignAsync(db, claims, TokenTypes.AccessToken, cancellationToken);
    }
}
