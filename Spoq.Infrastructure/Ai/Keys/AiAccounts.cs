using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ai.Limits;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>
/// Accounts that used a model, and callers with access tokens, whose grants are asked where all other endpoints ask.
/// While PostgreSQL is away, a token that was let in a moment ago goes on being let in.
/// </summary>
public sealed class AiAccounts
{
    private const int MostRemembered = 10_000;
    private const int MostToken = 8 * 1024;

    /// <summary>As long as a grant's standing is remembered.</summary>
    private static readonly TimeSpan s_held = TimeSpan.FromSeconds(15);

    /// <summary>For who can be let in by memory, and for who cannot.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_longPatience = TimeSpan.FromSeconds(15);

    /// <summary>After PostgreSQL was found away nobody else waits to find the same for so long.</summary>
    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, AiAccount> _accounts = [];
    private readonly ConcurrentDictionary<Guid, long> _readAt = [];
    private readonly ConcurrentDictionary<KeyHash, LetIn> _letIn = [];
    private readonly AccessTokens _tokens;
    private readonly KeyReading _reading;
    private readonly AiOptions _options;
    private readonly TimeProvider _clock;
    private long _awayUntil;

    internal AiAccounts(AccessTokens tokens, KeyReading reading, IOptions<AiOptions> options, TimeProvider clock) =>
        (_tokens, _reading, _options, _clock) = (tokens, reading, options.Value, clock);

    internal int Held => _accounts.Count + _readAt.Count + _letIn.Count;

    /// <param name="rule">Whom the endpoint lets in.</param>
    public async ValueTask<Result<AiCaller>> FindAsync(string token, CallerRule rule, CancellationToken cancellationToken)
    {
        if (token.Length > MostToken)
        {
            return AccessRefusals.TokenInvalid;
        }

        var hash = KeyHash.Of(token);
        if (_clock.GetUtcNow().UtcTicks < Interlocked.Read(ref _awayUntil) && Remembered(hash) is { } known)
        {
            return known;
        }

        try
        {
            // Left alone, not cancelled: to cancel a query the database must be asked too, and one that hangs holds that up as well.
            return await AskAsync(hash, token, rule, CancellationToken.None)
                .WaitAsync(_letIn.ContainsKey(hash) ? s_patience : s_longPatience, cancellationToken);
        }
        catch (Exception away) when (KeyReading.IsAway(away, cancellationToken))
        {
            Interlocked.Exchange(ref _awayUntil, (_clock.GetUtcNow() + s_away).UtcTicks);
            return Remembered(hash) is { } remembered ? remembered : AiRefusals.KeysUnavailable;
        }
    }

    internal AiAccount Put(Guid accountId, AccountTerms terms)
    {
        var account = Of(accountId);
        account.Terms = terms;
        _readAt[accountId] = _clock.GetUtcNow().UtcTicks;
        return account;
    }

    /// <summary>Reads anew how they stand; those that never used a model are nobody's here.</summary>
    internal async Task RefreshAsync(IEnumerable<Guid> accountIds, CancellationToken cancellationToken)
    {
        if (accountIds.Where(_accounts.ContainsKey).ToArray() is { Length: > 0 } known)
        {
            foreach (var (accountId, terms) in await _reading.TermsAsync(known, cancellationToken))
            {
                Put(accountId, terms);
            }
        }
    }

    /// <summary>The grant was ended, or the account's standing changed: nothing is let in by memory.</summary>
    internal void Forget(Guid grantOrAccountId)
    {
        foreach (var (hash, letIn) in _letIn)
        {
            if (letIn.GrantId == grantOrAccountId || letIn.Account.Id == grantOrAccountId)
            {
                _letIn.TryRemove(hash, out _);
            }
        }
    }

    /// <summary>Who asked for a model since then.</summary>
    internal Guid[] UsedSince(DateTimeOffset at) => [.. _accounts.Values.Where(account => account.UsedAt >= at.UtcTicks).Select(account => account.Id)];

    /// <summary>An account without a key that nothing is known of but what was read long ago is made anew when it comes back.</summary>
    internal void Trim(HashSet<Guid> withKeys)
    {
        var now = _clock.GetUtcNow().UtcTicks;
        foreach (var (id, account) in _accounts)
        {
            if (!withKeys.Contains(id) && now - account.UsedAt > s_held.Ticks && account.Limits.IsIdle(now))
            {
                _accounts.TryRemove(id, out _);
                _readAt.TryRemove(id, out _);
            }
        }

        foreach (var (hash, letIn) in _letIn)
        {
            if (now >= letIn.Until)
            {
                _letIn.TryRemove(hash, out _);
            }
        }
    }

    private async Task<Result<AiCaller>> AskAsync(KeyHash hash, string token, CallerRule rule, CancellationToken cancellationToken)
    {
        var answer = await _tokens.AuthenticateAsync(token, cancellationToken);
        if (!answer.Try(out var caller, out var refusal))
        {
            _letIn.TryRemove(hash, out _);
            return refusal;
        }

        if (rule.Check(new CallerFacts(CredentialKind.Token, caller.Scopes) { IsConfirmed = caller.IsConfirmed, IsAdmin = caller.IsAdmin }) is { } no)
        {
            return no;
        }

        var account = await HoldAsync(caller.AccountId, cancellationToken);
        var now = _clock.GetUtcNow();
        if (account.IsLocked(now.UtcTicks))
        {
            return AccessRefusals.TokenInvalid;
        }

        account.Use(now.UtcTicks);
        if (_letIn.Count >= MostRemembered)
        {
            _letIn.Clear();
        }

        var trusted = now + TimeSpan.FromMinutes(_options.KeysTrustedMinutes);
        _letIn[hash] = new LetIn(account, caller.GrantId, (trusted < caller.ExpiresAt ? trusted : caller.ExpiresAt).UtcTicks);
        return new AiCaller(account, null, null);
    }

    private AiCaller? Remembered(KeyHash hash)
    {
        var now = _clock.GetUtcNow().UtcTicks;
        return _letIn.TryGetValue(hash, out var letIn) && now < letIn.Until && !letIn.Account.IsLocked(now) ? new AiCaller(letIn.Account, null, null) : null;
    }

    private async ValueTask<AiAccount> HoldAsync(Guid accountId, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow().UtcTicks;
        if (_accounts.TryGetValue(accountId, out var account) && _readAt.TryGetValue(accountId, out var readAt) && now - readAt < s_held.Ticks)
        {
            return account;
        }

        var read = await _reading.TermsAsync([accountId], cancellationToken);
        return read.Count > 0 ? Put(accountId, read[0].Terms) : Of(accountId);
    }

    private AiAccount Of(Guid accountId) => _accounts.GetOrAdd(
        accountId,
        id => new AiAccount(id, new AiLimits("account", id, _options.AccountRequestsPerMinute, _options.AccountTokensPerMinute, _options.AccountStreams)));

    /// <param name="Until">In ticks: as long as it may be believed, and not longer than the token is good.</param>
    private sealed record LetIn(AiAccount Account, Guid GrantId, long Until);
}
