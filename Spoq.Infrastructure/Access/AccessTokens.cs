using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>Whom an access token speaks for.</summary>
public sealed record TokenCaller(Guid AccountId, Guid GrantId, string ClientId, ScopeSet Scopes, bool IsConfirmed, bool IsAdmin, DateTimeOffset ExpiresAt);

/// <summary>Reads access tokens at our own door: ours, for us, of the right kind, in time, and of a grant that lives.</summary>
public sealed class AccessTokens(SigningKeys keys, GrantStanding standing, IOptions<SpoqOptions> options, TimeProvider clock)
{
    private readonly TokenRules _rules = new(RuntimeTokens.IssuerOf(options.Value), RuntimeTokens.IssuerOf(options.Value)) { Type = TokenTypes.AccessToken };

    public async ValueTask<Result<TokenCaller>> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        var verified = TokenVerifier.Verify(token, await keys.VerifyingAsync(cancellationToken), _rules, clock.GetUtcNow());
        if (!verified.Try(out var claims, out var refusal))
        {
            return refusal;
        }

        if (!Guid.TryParse(claims.Subject, out var accountId) || !Guid.TryParse(claims.GrantId, out var grantId) || claims.ClientId is not { } clientId)
        {
            return AccessRefusals.TokenInvalid;
        }

        var state = await standing.OfAsync(grantId, accountId, cancellationToken);
        return state.Standing == Standing.Ended
            ? AccessRefusals.TokenInvalid
            : new TokenCaller(accountId, grantId, clientId, ScopeSet.Parse(claims.Scope), state.Standing == Standing.Good, state.IsAdmin, claims.ExpiresAt);
    }
}
