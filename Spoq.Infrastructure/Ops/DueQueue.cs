using Npgsql;

namespace Spoq.Infrastructure.Ops;

/// <summary>A claimed row. Every write for it carries <c>where lease_token = LeaseToken</c>: an outlived worker writes nothing.</summary>
public readonly record struct Claim(Guid Id, long LeaseToken);

/// <summary>A table with <c>id, due_at, lease_until, lease_token</c> as a queue that any number of workers may share.</summary>
/// <param name="source">The database.</param>
/// <param name="table">Table name: our own constant, never input.</param>
public sealed class DueQueue(NpgsqlDataSource source, string table)
{
    /// <summary>Takes rows that are due and not leased, oldest first, without waiting for rows that others hold.</summary>
    public async Task<IReadOnlyList<Claim>> ClaimAsync(int limit, DateTimeOffset now, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"""
            with due as (
                select id from {table}
                where due_at <= $1 and (lease_until is null or lease_until <= $1)
                order by due_at limit $2 for update skip locked)
            update {table} as row set lease_until = $3, lease_token = row.lease_token + 1
            from due where row.id = due.id
            returning row.id, row.lease_token
            """);
        command.Parameters.Add(new() { Value = now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = (now + lease).ToUniversalTime() });
        var claims = new List<Claim>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            claims.Add(new Claim(rows.GetGuid(0), rows.GetInt64(1)));
        }

        return claims;
    }

    /// <summary>Keeps a claim alive; false when another worker has taken the row meanwhile.</summary>
    public async Task<bool> RenewAsync(Claim claim, DateTimeOffset now, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"update {table} set lease_until = $3 where id = $1 and lease_token = $2 and lease_until is not null");
        command.Parameters.Add(new() { Value = claim.Id });
        command.Parameters.Add(new() { Value = claim.LeaseToken });
        command.Parameters.Add(new() { Value = (now + lease).ToUniversalTime() });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Gives a claim back and sets when to look again; null: never. A row that came to rest during the visit stays at rest.</summary>
    public async Task<bool> ReleaseAsync(Claim claim, DateTimeOffset? dueAt, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"update {table} set lease_until = null, due_at = case when due_at is not null then $3 end where id = $1 and lease_token = $2");
        command.Parameters.Add(new() { Value = claim.Id });
        command.Parameters.Add(new() { Value = claim.LeaseToken });
        command.Parameters.Add(new() { Value = (object?)dueAt?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>When the next row that nobody holds becomes due; null: nothing is waiting.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"select min(greatest(due_at, coalesce(lease_until, due_at))) from {table} where due_at is not null");
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime next ? new DateTimeOffset(next, TimeSpan.Zero) : null;
    }
}
