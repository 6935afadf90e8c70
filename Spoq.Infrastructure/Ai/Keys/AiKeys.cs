using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Limits;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>
/// Every key that opens anything, in memory. A known key costs a hash and a look-up, also while PostgreSQL is away, but
/// not longer than it may be believed unconfirmed; an unknown one is asked for once, within what <see cref="Strangers"/>
/// may ask, and remembered as unknown for a moment. <see cref="AiKeysRefresh"/> keeps it true.
/// </summary>
public sealed class AiKeys
{
    private const int MostUnknown = 10_000;
    private const int MostReads = 5;

    private static readonly TimeSpan s_unknownFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<KeyHash, AiKey> _keys = [];
    private readonly ConcurrentDictionary<Guid, Put> _hashes = [];
    private readonly ConcurrentDictionary<Guid, AiLimits> _limits = [];
    private readonly ConcurrentDictionary<Guid, KeyUse> _uses = [];
    private readonly ConcurrentDictionary<KeyHash, long> _unknown = [];
    private readonly AiOptions _options;
    private readonly AiAccounts _accounts;
    private readonly KeyReading _reading;
    private readonly TimeProvider _clock;
    private readonly Strangers _strangers = new();
    private readonly Lock _change = new();
    private long _forgotten;
    private long _puts;
    private long _trustedUntil;

    internal AiKeys(AiAccounts accounts, KeyReading reading, IOptions<AiOptions> options, TimeProvider clock)
    {
        (_accounts, _reading, _options, _clock) = (accounts, reading, options.Value, clock);
        Confirm(clock.GetUtcNow());
    }

    /// <returns>The caller; a refusal with which the edge answers.</returns>
    public ValueTask<Result<AiCaller>> FindAsync(PresentedKey key, IPAddress? address, CancellationToken cancellationToken)
    {
        if (key.Hash is not { } hash)
        {
            return new(AccessRefusals.TokenInvalid);
        }

        var now = _clock.GetUtcNow().UtcTicks;
        return _keys.TryGetValue(hash, out var known) ? new(Admit(known, now, address))
            : !ApiKeyText.IsWellFormed(key.Text) || (_unknown.TryGetValue(hash, out var until) && now < until) ? new(AccessRefusals.TokenInvalid)
            : !_strangers.MayAsk(address, now) ? new(AiRefusals.TooManyStrangers)
            : ReadAsync(hash, address, cancellationToken);
    }

    /// <summary>All that changed until then is known here.</summary>
    internal void Confirm(DateTimeOffset at) => Interlocked.Exchange(ref _trustedUntil, at.UtcTicks + TimeSpan.FromMinutes(_options.KeysTrustedMinutes).Ticks);

    /// <param name="row">As it was read.</param>
    /// <param name="forgottenBefore"><see cref="Forgotten"/> from before it was read: what a notice overtook may be stale and is left out.</param>
    internal void Learn(KeyRow row, long forgottenBefore)
    {
        var account = _accounts.Put(row.AccountId, row.Terms);
        lock (_change)
        {
            if (Forgotten != forgottenBefore)
            {
                return;
            }

            if (row.IsRevoked)
            {
                Remove(row.Id);
                return;
            }

            var limits = _limits.GetOrAdd(row.Id, id => new AiLimits("key", id, _options.KeyRequestsPerMinute, _options.KeyTokensPerMinute, _options.KeyStreams));
            var end = row.ExpiresAt?.UtcTicks ?? long.MaxValue;
            var hashes = new List<KeyHash> { KeyHash.Read(row.Hash) };
            _keys[hashes[0]] = new AiKey(row.Id, account, limits, end, row.HasScope);
            if (row.PreviousHash is { } previous)
            {
                hashes.Add(KeyHash.Read(previous));
                _keys[hashes[1]] = new AiKey(row.Id, account, limits, Math.Min(end, row.PreviousUntil?.UtcTicks ?? 0), row.HasScope);
            }

            // The new ones stand before the old ones go: a living key is never missing for a moment.
            foreach (var stale in (_hashes.TryGetValue(row.Id, out var known) ? known.Hashes : []).Except(hashes))
            {
                _keys.TryRemove(stale, out _);
            }

            _hashes[row.Id] = new Put([.. hashes], ++_puts);
            hashes.ForEach(hash => _unknown.TryRemove(hash, out _));
        }
    }

    /// <summary>Before keys are read: what is heard of later is newer than what was read.</summary>
    internal (long Forgotten, long Puts) Mark()
    {
        lock (_change)
        {
            return (Forgotten, _puts);
        }
    }

    /// <summary>Takes what was read as the whole truth, but for what was heard of meanwhile.</summary>
    internal void Replace(List<KeyRow> all, (long Forgotten, long Puts) before)
    {
        var live = all.Select(row => row.Id).ToHashSet();
        var old = _hashes.Where(row => row.Value.Number <= before.Puts && !live.Contains(row.Key)).Select(row => row.Key).ToList();
        all.ForEach(row => Learn(row, before.Forgotten));
        lock (_change)
        {
            if (Forgotten != before.Forgotten)
            {
                return;
            }

            old.ForEach(Remove);

            // Of a key that is gone nothing stays, whichever way it went, once its last answer ended.
            var now = _clock.GetUtcNow().UtcTicks;
            foreach (var (id, limits) in _limits)
            {
                if (!_hashes.ContainsKey(id) && limits.IsIdle(now))
                {
                    _limits.TryRemove(id, out _);
                }
            }
        }

        _accounts.Trim(all.Select(row => row.AccountId).ToHashSet());
    }

    /// <summary>How much is held of keys and accounts.</summary>
    internal int Held => _keys.Count + _hashes.Count + _limits.Count + _uses.Count + _unknown.Count + _accounts.Held;

    internal long Forgotten => Interlocked.Read(ref _forgotten);

    /// <summary>Somebody changed the key: what is known of it holds no more.</summary>
    internal void Forget(Guid keyId)
    {
        Interlocked.Increment(ref _forgotten);
        lock (_change)
        {
            Remove(keyId);
        }

        _unknown.Clear();
    }

    /// <summary>Who was used since the last time; who was not is forgotten.</summary>
    internal IReadOnlyList<(Guid KeyId, long At, IPAddress? From)> TakeUses()
    {
        var taken = new List<(Guid KeyId, long At, IPAddress? From)>();
        foreach (var (keyId, use) in _uses)
        {
            var (at, from) = use.Take();
            if (at > 0)
            {
                taken.Add((keyId, at, from));
            }
            else
            {
                _uses.TryRemove(keyId, out _);
            }
        }

        return taken;
    }

    private async ValueTask<Result<AiCaller>> ReadAsync(KeyHash hash, IPAddress? address, CancellationToken cancellationToken)
    {
        // A notice that overtakes a read makes it worthless; the next one sees what the notice told of.
        for (var tries = 0; tries < MostReads; tries++)
        {
            KeyRow? row;
            var before = Forgotten;
            try
            {
                row = await _reading.FindAsync(hash.ToBytes(), CancellationToken.None).WaitAsync(s_patience, cancellationToken);
            }
            catch (Exception away) when (KeyReading.IsAway(away, cancellationToken))
            {
                return AiRefusals.KeysUnavailable;
            }

            var now = _clock.GetUtcNow().UtcTicks;
            if (row is null)
            {
                RememberUnknown(hash, now);
                return AccessRefusals.TokenInvalid;
            }

            Learn(row, before);
            if (_keys.TryGetValue(hash, out var key))
            {
                return Admit(key, now, address);
            }

            if (Forgotten == before)
            {
                return AccessRefusals.TokenInvalid;
            }
        }

        return AiRefusals.KeysUnavailable;
    }

    private void RememberUnknown(KeyHash hash, long now)
    {
        if (_unknown.Count >= MostUnknown)
        {
            _unknown.Clear();
        }

        _unknown[hash] = now + s_unknownFor.Ticks;
    }

    private Result<AiCaller> Admit(AiKey key, long now, IPAddress? address)
    {
        if (now >= key.OpenUntil || key.Account.IsLocked(now))
        {
            return AccessRefusals.TokenInvalid;
        }

        if (now >= Interlocked.Read(ref _trustedUntil))
        {
            return AiRefusals.KeysUnavailable;
        }

        if (!key.HasScope)
        {
            return AccessRefusals.InsufficientScope(Scopes.Ai);
        }

        key.Account.Use(now);
        _uses.GetOrAdd(key.Id, static _ => new KeyUse()).Note(now, address);
        return new AiCaller(key.Account, key.Id, key.Limits);
    }

    private void Remove(Guid keyId)
    {
        if (_hashes.TryRemove(keyId, out var hashes))
        {
            foreach (var hash in hashes.Hashes)
            {
                _keys.TryRemove(hash, out _);
            }
        }
    }

    /// <param name="Number">Rising with each one.</param>
    private sealed record Put(KeyHash[] Hashes, long Number);
}
