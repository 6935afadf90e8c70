using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ai.Limits;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>Accounts that used a model, and callers with access tokens, whose grants are asked where all other endpoints ask.</summary>
public sealed class AiAccounts
{
    /// <summary>As long as a grant's standing is remembered.</summary>
    private static readonly TimeSpan s_held = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Guid, AiAccount> _accounts = [];
    private readonly ConcurrentDictionary<Guid, long> _readAt = [];
    private readonly AccessTokens _tokens;
    private readonly KeyReading _reading;
    private readonly AiOptions _options;
    private readonly TimeProvider _clock;

    internal AiAccounts(AccessTokens tokens, KeyReading reading, IOptions<AiOptions> options, TimeProvider clock) =>
        (_tokens, _reading, _options, _clock) = (tokens, reading, options.Value, clock);

    /// <param name="rule">Whom the endpoint lets in.</param>
    public async ValueTask<Result<AiCaller>> FindAsync(string token, CallerRule rule, CancellationToken cancellationToken)
    {
        try
        {
            if (!(await _tokens.AuthenticateAsync(token, cancellationToken)).Try(out var caller, out var refusal))
            {
                return refusal;
            }

            if (rule.Check(new CallerFacts(CredentialKind.Token, caller.Scopes) { IsConfirmed = caller.IsConfirmed, IsAdmin = caller.IsAdmin }) is { } no)
            {
                return no;
            }

            return new AiCaller(await HoldAsync(caller.AccountId, cancellationToken), null, null);
        }
        catch (Exception away) when (away is Npgsql.NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return AiRefusals.KeysUnavailable;
        }
    }

    internal AiAccount Put(Guid accountId, AccountTerms terms)
    {
        var account = Of(accountId);
        account.Terms = terms;
        _readAt[accountId] = _clock.GetUtcNow().UtcTicks;
        return account;
    }

    /// <summary>Its standing changed: it is read anew before the next request with a token, and soon for its keys.</summary>
    internal async Task RefreshAsync(Guid accountId, CancellationToken cancellationToken)
    {
        if (_accounts.ContainsKey(accountId) && await _reading.TermsAsync(accountId, cancellationToken) is { } terms)
        {
            Put(accountId, terms);
        }
    }

    private async ValueTask<AiAccount> HoldAsync(Guid accountId, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow().UtcTicks;
        if (_accounts.TryGetValue(accountId, out var account) && _readAt.TryGetValue(accountId, out var readAt) && now - readAt < s_held.Ticks)
        {
            return account;
        }

        return await _reading.TermsAsync(accountId, cancellationToken) is { } terms ? Put(accountId, terms) : Of(accountId);
    }

    private AiAccount Of(Guid accountId) => _accounts.GetOrAdd(
        accountId,
        id => new AiAccount(id, new AiLimits("account", id, _options.AccountRequestsPerMinute, _options.AccountTokensPerMinute, _options.AccountStreams)));
}
