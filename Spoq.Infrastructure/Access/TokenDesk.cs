using Microsoft.EntityFrameworkCore;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Access;

/// <summary>What a token is, told to the client it was made for.</summary>
public sealed record TokenReport(Grant Grant, string Scope, string Kind, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <summary>Looks tokens up for the clients that hold them: introspection, revocation and userinfo.</summary>
public sealed class TokenDesk(IDbContextFactory<SpoqDbContext> contexts, AccessTokens accessTokens, AccessDesk desk)
{
    /// <summary>Null: no living token of ours.</summary>
    public async Task<TokenReport?> InspectAsync(string? token, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (token.Contains('.', StringComparison.Ordinal))
        {
            return (await accessTokens.AuthenticateAsync(token, cancellationToken)).Try(out var caller, out _)
                && await db.Set<Grant>().AsNoTracking().SingleOrDefaultAsync(grant => grant.Id == caller.GrantId, cancellationToken) is { } known
                ? new TokenReport(known, caller.Scopes.ToString(), "Bearer", caller.ExpiresAt - TokenService.AccessLife, caller.ExpiresAt)
                : null;
        }

        var hash = Secret.Hash(token);
        var now = desk.Now;
        var row = await db.Set<RefreshToken>().AsNoTracking().SingleOrDefaultAsync(refresh => refresh.TokenHash == hash && refresh.SpentAt == null && refresh.ExpiresAt > now, cancellationToken);
        var grant = row is null ? null : await db.Set<Grant>().AsNoTracking().SingleOrDefaultAsync(one => one.Id == row.GrantId && one.RevokedAt == null, cancellationToken);
        return grant is null || await desk.IsSuspendedAsync(db, grant.AccountId, cancellationToken)
            ? null
            : new TokenReport(grant, grant.Scope, "refresh_token", row!.CreatedAt, row.ExpiresAt);
    }

    /// <summary>Ends the grant the token belongs to, whichever of its tokens this is (RFC 7009, section 2.1).</summary>
    /// <returns>False: it was made for another client.</returns>
    public async Task<bool> RevokeAsync(string? token, string clientId, Caller caller, CancellationToken cancellationToken)
    {
        if (await FindGrantAsync(token, cancellationToken) is not { } grant)
        {
            // Nothing there that could still be used: what was asked for is so.
            return true;
        }

        if (grant.ClientId != clientId)
        {
            return false;
        }

        await desk.Grants.RevokeAsync(grant.AccountId, grant.Id, caller, cancellationToken);
        return true;
    }

    /// <summary>A spent refresh token still names its family: logging out beside a refresh under way must end what comes of it.</summary>
    private async Task<Grant?> FindGrantAsync(string? token, CancellationToken cancellationToken)
    {
        if (await InspectAsync(token, cancellationToken) is { } found)
        {
            return found.Grant;
        }

        var hash = Secret.Hash(token);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Grant>().AsNoTracking()
            .SingleOrDefaultAsync(grant => grant.RevokedAt == null && db.Set<RefreshToken>().Any(refresh => refresh.TokenHash == hash && refresh.GrantId == grant.Id), cancellationToken);
    }

    /// <summary>Null: there is no such account, or none yet.</summary>
    public async Task<UserClaims?> DescribeAsync(Guid accountId, ScopeSet scopes, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await IdTokens.ReadAsync(db, accountId, scopes, cancellationToken);
    }
}
