using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>
/// Enters ended calls into the books: events, prices, sums and what is to be reported, all or nothing, and each call once
/// however often it is sent. Sums are made here and only added there: a batch of thousands costs PostgreSQL its rows and a
/// handful of additions.
/// </summary>
internal sealed class UsageBooks(NpgsqlDataSource source, TimeProvider clock)
{
    private const string Prices = """
        insert into ai_prices (model, version, input, cached_input, cache_write, output, first_used_at)
        select model, version, input, cached, written, output, $7 from unnest($1, $2, $3, $4, $5, $6) as p (model, version, input, cached, written, output)
        order by 1, 2
        on conflict do nothing
        """;

    private const string Columns = "requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microdollars, estimated_requests";

    private static readonly string s_groups = $"unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as g (account_id, day, api_key_id, model, {Columns})";

    // Rows are locked in one order by every node, so that two of them never wait for each other.
    private static readonly string s_sums = $"""
        with daily as (
            insert into usage_daily (account_id, day, api_key_id, model, {Columns})
            select account_id, day, api_key_id, model, {Columns} from {s_groups} order by 1, 2, 3, 4
            on conflict (account_id, day, api_key_id, model) do update set {Added("usage_daily")}
        ), monthly as (
            insert into usage_monthly (account_id, month, api_key_id, model, {Columns}, updated_at)
            select account_id, date_trunc('month', day::timestamp)::date, api_key_id, model, {Summed}, $14 from {s_groups} group by 1, 2, 3, 4 order by 1, 2, 3, 4
            on conflict (account_id, month, api_key_id, model) do update set {Added("usage_monthly")}, updated_at = excluded.updated_at
        )
        insert into meter_reports (account_id, day, input_tokens, output_tokens, reported_input_tokens, reported_output_tokens, due_at)
        select account_id, day, sum(input_tokens + cached_input_tokens + cache_write_tokens), sum(output_tokens + reasoning_tokens), 0, 0, $13
        from {s_groups} group by 1, 2 order by 1, 2
        on conflict (account_id, day) do update set input_tokens = meter_reports.input_tokens + excluded.input_tokens,
            output_tokens = meter_reports.output_tokens + excluded.output_tokens, due_at = coalesce(meter_reports.due_at, excluded.due_at)
        """;

    /// <summary>Reports are sent an hour at a time: one report more an account and hour, never one an event.</summary>
    private static readonly TimeSpan s_reportAfter = TimeSpan.FromHours(1);

    /// <summary>In the books for certain, by this process.</summary>
    private readonly ConcurrentDictionary<(string Model, int Version), bool> _prices = [];

    private static string Summed => string.Join(", ", Columns.Split(", ").Select(column => $"sum({column})::bigint"));

    /// <returns>How many were new.</returns>
    public async Task<long> EnterAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return 0;
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await UsageRows.CopyAsync(connection, records, cancellationToken);
            var prices = await AddAsync(connection, records, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            Remember(prices);
            return records.Count;
        }
        catch (PostgresException known) when (known.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Some were there already, which is rare: then it matters which.
            return await EnterNewAsync(connection, records, cancellationToken);
        }
    }

    private async Task<long> EnterNewAsync(NpgsqlConnection connection, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var entered = await UsageRows.InsertNewAsync(connection, records, cancellationToken);
        var added = entered.Count;
        if (added > 0)
        {
            await AddAsync(connection, [.. records.Where(record => entered.Remove(record.RequestId))], cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    /// <returns>The prices that are in the books when this is committed.</returns>
    private async Task<IEnumerable<(string Model, int Version)>> AddAsync(NpgsqlConnection connection, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var groups = UsageGroups.Of(records);
        await using (var command = new NpgsqlCommand(s_sums, connection))
        {
            groups.AddTo(command);
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (now + s_reportAfter).UtcDateTime });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });

            // Five times a second: to plan it would cost more than to run it.
            await command.PrepareAsync(cancellationToken);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var unseen = groups.Prices.Where(price => !_prices.ContainsKey(price.Key)).Select(price => price.Value).ToList();
        if (unseen.Count > 0)
        {
            await using var command = new NpgsqlCommand(Prices, connection);
            Add(command, unseen, NpgsqlDbType.Text, record => UsageRecord.Read(in record.Model));
            Add(command, unseen, NpgsqlDbType.Integer, record => record.PriceVersion);
            Add(command, unseen, NpgsqlDbType.Bigint, record => record.PriceInput);
            Add(command, unseen, NpgsqlDbType.Bigint, record => record.PriceCachedInput);
            Add(command, unseen, NpgsqlDbType.Bigint, record => record.PriceCacheWrite);
            Add(command, unseen, NpgsqlDbType.Bigint, record => record.PriceOutput);
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return groups.Prices.Keys;
    }

    private void Remember(IEnumerable<(string Model, int Version)> prices)
    {
        foreach (var price in prices)
        {
            _prices.TryAdd(price, true);
        }
    }

    private static void Add<T>(NpgsqlCommand command, List<UsageRecord> records, NpgsqlDbType type, Func<UsageRecord, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. records.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });

    private static string Added(string table) =>
        string.Join(", ", Columns.Split(", ").Select(column => $"{column} = {table}.{column} + excluded.{column}"));
}
