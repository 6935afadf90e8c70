using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>What the id token says of the sign-in that led to it.</summary>
public sealed record SignInProof(string? Nonce, DateTimeOffset? AuthenticatedAt);

/// <summary>Who somebody is, as far as the scopes tell (OpenID Connect Core, section 5.1).</summary>
public sealed record UserClaims(Guid Subject, string? Email, string? Name);

/// <summary>Tells clients who signed in: id tokens and what userinfo answers.</summary>
public sealed class IdTokens(SigningKeys keys, IOptions<SpoqOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan s_life = TimeSpan.FromHours(1);

    internal async Task<string> SignAsync(SpoqDbContext db, Grant grant, string accessToken, SignInProof proof, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var user = await ReadAsync(db, grant.AccountId, ScopeSet.Parse(grant.Scope), cancellationToken);
        var claims = new TokenClaims
        {
            Issuer = RuntimeTokens.IssuerOf(options.Value),
            Subject = grant.AccountId.ToString(),
            Audience = grant.ClientId,
            IssuedAt = now,
            ExpiresAt = now + s_life,
            Person = new PersonClaims
            {
                AuthenticatedAt = proof.AuthenticatedAt,
                Nonce = proof.Nonce,
                AccessTokenHash = HashOf(accessToken),
                Email = user?.Email,
                Name = user?.Name,
            },
        };
        return await keys.SignAsync(db, claims, TokenTypes.Jwt, cancellationToken);
    }

    /// <summary>Null: there is no such account.</summary>
    internal static async Task<UserClaims?> ReadAsync(SpoqDbContext db, Guid accountId, ScopeSet scopes, CancellationToken cancellationToken)
    {
        var tellsMore = scopes.Contains(Scopes.Profile) || scopes.Contains(Scopes.Account);
        return await db.Users.Where(user => user.Id == accountId)
            .Select(user => new UserClaims(user.Id, tellsMore ? user.Email : null, tellsMore ? user.DisplayName : null)).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>OpenID Connect Core, section 3.1.3.6: the left half of the hash.</summary>
    private static string HashOf(string accessToken) => StrictBase64Url.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16));
}
