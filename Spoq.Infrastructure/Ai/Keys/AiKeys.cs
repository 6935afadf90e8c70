using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Limits;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>
/// Every key that opens anything, in memory. A known key costs a hash and a look-up, also while PostgreSQL is away;
/// an unknown one is asked for once and remembered as unknown for a moment. <see cref="AiKeysRefresh"/> keeps it true.
/// </summary>
public sealed class AiKeys
{
    private const int MostUnknown = 10_000;
    private const int MostReads = 5;

    private static readonly TimeSpan s_unknownFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<KeyHash, AiKey> _keys = [];
    private readonly ConcurrentDictionary<Guid, KeyHash[]> _hashes = [];
    private readonly ConcurrentDictionary<Guid, AiLimits> _limits = [];
    private readonly ConcurrentDictionary<Guid, KeyUse> _uses = [];
    private readonly ConcurrentDictionary<KeyHash, long> _unknown = [];
    private readonly AiOptions _options;
    private readonly AiAccounts _accounts;
    private readonly KeyReading _reading;
    private readonly TimeProvider _clock;
    private readonly Lock _change = new();
    private long _forgotten;

    internal AiKeys(AiAccounts accounts, KeyReading reading, IOptions<AiOptions> options, TimeProvider clock) =>
        (_accounts, _reading, _options, _clock) = (accounts, reading, options.Value, clock);

    /// <returns>The caller; a refusal with which the edge answers.</returns>
    public ValueTask<Result<AiCaller>> FindAsync(string key, IPAddress? address, CancellationToken cancellationToken)
    {
        if (key.Length > 128)
        {
            return new(AccessRefusals.TokenInvalid);
        }

        var now = _clock.GetUtcNow().UtcTicks;
        var hash = KeyHash.Of(key);
        return _keys.TryGetValue(hash, out var known) ? new(Admit(known, now, address))
            : !ApiKeyText.IsWellFormed(key) || (_unknown.TryGetValue(hash, out var until) && now < until) ? new(AccessRefusals.TokenInvalid)
            : ReadAsync(hash, address, cancellationToken);
    }

    /// <param name="row">As it was read.</param>
    /// <param name="forgottenBefore"><see cref="Forgotten"/> from before it was read: what a notice overtook may be stale and is left out.</param>
    internal void Put(KeyRow row, long forgottenBefore)
    {
        var account = _accounts.Put(row.AccountId, row.Terms);
        var limits = _limits.GetOrAdd(row.Id, id => new AiLimits("key", id, _options.KeyRequestsPerMinute, _options.KeyTokensPerMinute, _options.KeyStreams));
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

            var end = row.ExpiresAt?.UtcTicks ?? long.MaxValue;
            var hashes = new List<KeyHash> { KeyHash.Read(row.Hash) };
            _keys[hashes[0]] = new AiKey(row.Id, account, limits, end, row.HasScope);
            if (row.PreviousHash is { } previous)
            {
                hashes.Add(KeyHash.Read(previous));
                _keys[hashes[1]] = new AiKey(row.Id, account, limits, Math.Min(end, row.PreviousUntil?.UtcTicks ?? 0), row.HasScope);
            }

            // The new ones stand before the old ones go: a living key is never missing for a moment.
            foreach (var stale in _hashes.GetValueOrDefault(row.Id, []).Except(hashes))
            {
                _keys.TryRemove(stale, out _);
            }

            _hashes[row.Id] = [.. hashes];
            hashes.ForEach(hash => _unknown.TryRemove(hash, out _));
        }
    }

    /// <summary>Takes what was read as the whole truth, unless a notice overtook it.</summary>
    internal void Replace(List<KeyRow> all, long forgottenBefore)
    {
        var live = all.Select(row => row.Id).ToHashSet();
        all.ForEach(row => Put(row, forgottenBefore));
        lock (_change)
        {
            if (Interlocked.Read(ref _forgotten) != forgottenBefore)
            {
                return;
            }

            foreach (var id in _hashes.Keys.Where(id => !live.Contains(id)))
            {
                Remove(id);
                _limits.TryRemove(id, out _);
            }
        }
    }

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

    internal IReadOnlyList<(Guid KeyId, long At, IPAddress? From)> TakeUses() =>
        [.. _uses.Select(use => (use.Key, Use: use.Value.Take())).Where(use => use.Use.At > 0).Select(use => (use.Key, use.Use.At, use.Use.From))];

    private async ValueTask<Result<AiCaller>> ReadAsync(KeyHash hash, IPAddress? address, CancellationToken cancellationToken)
    {
        // A notice that overtakes a read makes it worthless; the next one sees what the notice told of.
        for (var tries = 0; tries < MostReads; tries++)
        {
            KeyRow? row;
            var before = Forgotten;
            try
            {
                row = await _reading.FindAsync(hash.ToBytes(), cancellationToken);
            }
            catch (Exception away) when (away is Npgsql.NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
            {
                return AiRefusals.KeysUnavailable;
            }

            var now = _clock.GetUtcNow().UtcTicks;
            if (row is null)
            {
                RememberUnknown(hash, now);
                return AccessRefusals.TokenInvalid;
            }

            Put(row, before);
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

        if (!key.HasScope)
        {
            return AccessRefusals.InsufficientScope(Scopes.Ai);
        }

        _uses.GetOrAdd(key.Id, static _ => new KeyUse()).Note(now, address);
        return new AiCaller(key.Account, key.Id, key.Limits);
    }

    private void Remove(Guid keyId)
    {
        if (_hashes.TryRemove(keyId, out var hashes))
        {
            foreach (var hash in hashes)
            {
                _keys.TryRemove(hash, out _);
            }
        }
    }
}
