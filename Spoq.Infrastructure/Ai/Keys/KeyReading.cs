using Npgsql;
using NpgsqlTypes;
using Spoq.Core.Access;
using Spoq.Core.Billing;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>A row of <c>api_keys</c>, as far as the proxy needs it.</summary>
internal sealed record KeyRow(Guid Id, Guid AccountId, bool HasScope, byte[] Hash, byte[]? PreviousHash, DateTimeOffset? PreviousUntil, DateTimeOffset? ExpiresAt, bool IsRevoked, AccountTerms Terms);

/// <summary>What the proxy asks PostgreSQL about keys and accounts: never while somebody waits for an answer of a known key.</summary>
internal sealed class KeyReading(NpgsqlDataSource source, TimeProvider clock)
{
    private const string Terms = """
        coalesce((select array_agg(s.plan) from subscriptions s where s.account_id = u.id and s.terminated_at is null and (s.ended_at is null or s.ended_at + $1 > $2)), '{}'),
        exists (select 1 from subscriptions s where s.account_id = u.id),
        u.lockout_end
        """;

    private const string Keys = $"""
        select k.id, k.account_id, k.scope, k.secret_hash, k.previous_hash, k.previous_until, k.expires_at, k.revoked_at, {Terms}
        from api_keys k join users u on u.id = k.account_id
        """;

    /// <summary>PostgreSQL does not answer, or not in time; whoever asks still waits.</summary>
    public static bool IsAway(Exception error, CancellationToken asking) =>
        error is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException || (error is OperationCanceledException && !asking.IsCancellationRequested);

    public Task<List<KeyRow>> AllAsync(CancellationToken cancellationToken) =>
        ReadAsync($"{Keys} where k.revoked_at is null", null, cancellationToken);

    /// <summary>What was made, rotated or revoked since.</summary>
    public Task<List<KeyRow>> ChangedAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        ReadAsync($"{Keys} where k.created_at > $3 or k.rotated_at > $3 or k.revoked_at > $3", since.UtcDateTime, cancellationToken);

    public async Task<KeyRow?> FindAsync(byte[] hash, CancellationToken cancellationToken) =>
        (await ReadAsync($"{Keys} where k.revoked_at is null and (k.secret_hash = $3 or k.previous_hash = $3)", hash, cancellationToken)).SingleOrDefault();

    /// <summary>Of each account that there is.</summary>
    public async Task<IReadOnlyList<(Guid AccountId, AccountTerms Terms)>> TermsAsync(Guid[] accountIds, CancellationToken cancellationToken)
    {
        await using var command = Command($"select u.id, {Terms} from users u where u.id = any($3)", accountIds);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var read = new List<(Guid, AccountTerms)>(accountIds.Length);
        while (await row.ReadAsync(cancellationToken))
        {
            read.Add((row.GetGuid(0), ReadTerms(row, 1)));
        }

        return read;
    }

    public async Task TouchAsync(IReadOnlyList<(Guid KeyId, long At, System.Net.IPAddress? From)> uses, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            update api_keys k set last_used_at = used.at, last_used_address = used.address
            from unnest($1::uuid[], $2::timestamptz[], $3::inet[]) as used (id, at, address)
            where k.id = used.id and (k.last_used_at is null or k.last_used_at < used.at)
            """);
        command.Parameters.Add(new() { Value = uses.Select(use => use.KeyId).ToArray() });
        command.Parameters.Add(new() { Value = uses.Select(use => new DateTime(use.At, DateTimeKind.Utc)).ToArray() });
        command.Parameters.Add(new() { Value = uses.Select(use => use.From ?? System.Net.IPAddress.None).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Inet });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<KeyRow>> ReadAsync(string sql, object? third, CancellationToken cancellationToken)
    {
        await using var command = Command(sql, third);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<KeyRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            rows.Add(new KeyRow(
                row.GetGuid(0), row.GetGuid(1), row.GetString(2).Split(' ').Contains(Scopes.Ai), row.GetFieldValue<byte[]>(3),
                row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4), Time(row, 5), Time(row, 6), !row.IsDBNull(7), ReadTerms(row, 8)));
        }

        return rows;
    }

    private NpgsqlCommand Command(string sql, object? third)
    {
        var command = source.CreateCommand(sql);
        command.Parameters.Add(new() { Value = Subscription.Grace });
        command.Parameters.Add(new() { Value = clock.GetUtcNow().UtcDateTime });
        if (third is not null)
        {
            command.Parameters.Add(new() { Value = third });
        }

        return command;
    }

    private static AccountTerms ReadTerms(NpgsqlDataReader row, int at) =>
        new(row.GetFieldValue<string[]>(at), row.GetBoolean(at + 1), Time(row, at + 2)?.UtcTicks ?? 0);

    private static DateTimeOffset? Time(NpgsqlDataReader row, int at) =>
        row.IsDBNull(at) ? null : row.GetFieldValue<DateTime>(at) is var time && time == DateTime.MaxValue ? DateTimeOffset.MaxValue : new DateTimeOffset(DateTime.SpecifyKind(row.GetDateTime(at), DateTimeKind.Utc));
}
