using System.Collections.Concurrent;
using Npgsql;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>How a grant and its account stand.</summary>
public enum Standing
{
    Good,

    /// <summary>The account is a sign-up whose e-mail address is not confirmed yet.</summary>
    Unconfirmed,

    /// <summary>Revoked or unknown, or the account is suspended.</summary>
    Ended,
}

/// <param name="IsAdmin">The account holds the role.</param>
public readonly record struct GrantState(Standing Standing, bool IsAdmin);

/// <summary>
/// Whether an access token's grant still lives: looked up by its key, remembered for a few seconds, forgotten on
/// notice. So a revocation holds everywhere at once, and within <see cref="Memory"/> where a notice got lost.
/// </summary>
public sealed class GrantStanding : IDisposable
{
    internal static readonly TimeSpan Memory = TimeSpan.FromSeconds(15);

    private const int MaxRemembered = 50_000;

    private readonly ConcurrentDictionary<Guid, (Guid AccountId, GrantState State, DateTimeOffset ReadAt)> _known = [];
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _clock;
    private readonly IDisposable _notices;
    private long _forgotten;

    public GrantStanding(NpgsqlDataSource source, Notices notices, TimeProvider clock)
    {
        (_source, _clock) = (source, clock);
        _notices = notices.Listen(Grants.Channel, Forget);
    }

    public void Dispose() => _notices.Dispose();

    public async ValueTask<GrantState> OfAsync(Guid grantId, Guid accountId, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        if (_known.TryGetValue(grantId, out var known) && known.AccountId == accountId && now - known.ReadAt is var age && age >= TimeSpan.Zero && age < Memory)
        {
            return known.State;
        }

        var before = Interlocked.Read(ref _forgotten);
        var state = await ReadAsync(grantId, accountId, now, cancellationToken);

        // A confirmed address counts at once; and what a notice overtook is not remembered.
        if (state.Standing != Standing.Unconfirmed && Interlocked.Read(ref _forgotten) == before)
        {
            if (_known.Count >= MaxRemembered)
            {
                _known.Clear();
            }

            _known[grantId] = (accountId, state, now);
        }

        return state;
    }

    /// <param name="changed">A grant, or an account whose standing changed; empty: the connection is new and may have missed something.</param>
    private void Forget(string changed)
    {
        Interlocked.Increment(ref _forgotten);
        if (Guid.TryParse(changed, out var id))
        {
            _known.TryRemove(id, out _);
            foreach (var (grantId, known) in _known)
            {
                if (known.AccountId == id)
                {
                    _known.TryRemove(grantId, out _);
                }
            }
        }
        else
        {
            _known.Clear();
        }
    }

    private async Task<GrantState> ReadAsync(Guid grantId, Guid accountId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("""
            with used as (
                update grants set last_used_at = $3
                where id = $1 and account_id = $2 and revoked_at is null and (last_used_at is null or last_used_at < $3 - interval '1 minute'))
            select u.id is not null, u.lockout_end > $3, exists (
                select 1 from user_roles ur join roles r on r.id = ur.role_id where ur.user_id = u.id and r.name = $4)
            from grants g left join users u on u.id = g.account_id
            where g.id = $1 and g.account_id = $2 and g.revoked_at is null
            """);
        command.Parameters.Add(new() { Value = grantId });
        command.Parameters.Add(new() { Value = accountId });
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = User.AdminRole });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken) || (!await row.IsDBNullAsync(1, cancellationToken) && row.GetBoolean(1)))
        {
            return new GrantState(Standing.Ended, false);
        }

        return new GrantState(row.GetBoolean(0) ? Standing.Good : Standing.Unconfirmed, row.GetBoolean(2));
    }
}
