using System.Collections.Concurrent;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Access;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

public sealed record ApiKeyCaller(Guid AccountId, Guid KeyId, IReadOnlySet<string> Scopes);

/// <summary>
/// Checks API keys. What was found is held for 15 seconds and forgotten at once when any node revokes or rotates the
/// key, so that a busy program costs four look-ups a minute and a revoked one is out within 15 s even if a notice is lost.
/// </summary>
public sealed class ApiKeyGate(IDbContextFactory<SpoqDbContext> contexts, Notices notices, TimeProvider clock) : IDisposable
{
    internal const string Channel = "api_key_changed";

    private static readonly TimeSpan s_held = TimeSpan.FromSeconds(15);

    /// <summary>"Last used" is true to the minute; every request writing it would cost more than the request.</summary>
    private static readonly TimeSpan s_touched = TimeSpan.FromMinutes(1);

    private const int MostHeld = 10_000;

    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly Lock _start = new();
    private IDisposable? _listening;
    private long _forgotten;

    internal async Task<ApiKeyCaller?> AuthenticateAsync(string key, IPAddress? address, CancellationToken cancellationToken)
    {
        if (!ApiKeyText.IsWellFormed(key))
        {
            return null;
        }

        Listen();
        var now = clock.GetUtcNow();
        var hash = ApiKey.Hash(key);
        var name = Convert.ToHexString(hash);
        if (!_held.TryGetValue(name, out var held) || now - held.ReadAt is var age && (age < TimeSpan.Zero || age >= s_held) || now >= held.OpenUntil)
        {
            _held.TryRemove(name, out _);
            var before = Interlocked.Read(ref _forgotten);
            if (await ReadAsync(hash, now, cancellationToken) is not { } read)
            {
                return null;
            }

            if (_held.Count >= MostHeld)
            {
                _held.Clear();
            }

            // What a notice overtook is not held.
            held = read;
            if (Interlocked.Read(ref _forgotten) == before)
            {
                _held[name] = held;
            }
        }

        if (held.IsTouchDue(now))
        {
            await TouchAsync(held.Caller.KeyId, address, now, cancellationToken);
        }

        return held.Caller;
    }

    public void Dispose() => _listening?.Dispose();

    private async Task<Held?> ReadAsync(byte[] hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Set<ApiKey>().AsNoTracking()
            .Where(key => key.SecretHash == hash || key.PreviousHash == hash)
            .Join(db.Users, key => key.AccountId, user => user.Id, (key, user) => new { Key = key, user.LockoutEnd })
            .FirstOrDefaultAsync(cancellationToken);

        // Identity's lockout is how an account is suspended.
        return found is not null && !(found.LockoutEnd > now) && found.Key.OpenUntil(hash, now) is { } until
            ? new Held(new ApiKeyCaller(found.Key.AccountId, found.Key.Id, found.Key.Scopes.ToHashSet(StringComparer.Ordinal)), now, until, found.Key.LastUsedAt)
            : null;
    }

    private async Task TouchAsync(Guid keyId, IPAddress? address, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var stale = now - s_touched;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<ApiKey>().Where(key => key.Id == keyId && (key.LastUsedAt == null || key.LastUsedAt <= stale))
            .ExecuteUpdateAsync(set => set.SetProperty(key => key.LastUsedAt, now).SetProperty(key => key.LastUsedAddress, address), cancellationToken);
    }

    private void Listen()
    {
        lock (_start)
        {
            _listening ??= notices.Listen(Channel, Forget);
        }
    }

    private void Forget(string keyId)
    {
        Interlocked.Increment(ref _forgotten);

        // Empty: the listening connection is new and may have missed something.
        foreach (var (name, held) in _held)
        {
            if (keyId.Length == 0 || held.Caller.KeyId.ToString() == keyId)
            {
                _held.TryRemove(name, out _);
            }
        }
    }

    private sealed class Held(ApiKeyCaller caller, DateTimeOffset readAt, DateTimeOffset openUntil, DateTimeOffset? usedAt)
    {
        private long _touchAt = usedAt is { } used ? (used + s_touched).UtcTicks : 0;

        public ApiKeyCaller Caller => caller;

        public DateTimeOffset ReadAt => readAt;

        public DateTimeOffset OpenUntil => openUntil;

        /// <summary>True once a minute, for one of the requests that ask at the same time.</summary>
        public bool IsTouchDue(DateTimeOffset now)
        {
            var due = Interlocked.Read(ref _touchAt);
            return now.UtcTicks >= due && Interlocked.CompareExchange(ref _touchAt, (now + s_touched).UtcTicks, due) == due;
        }
    }
}
