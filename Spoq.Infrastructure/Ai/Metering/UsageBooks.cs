using Npgsql;
using NpgsqlTypes;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Enters ended calls into the books: event, prices, sums and what is to be reported, all or nothing, and each call once however often it is sent.</summary>
internal sealed class UsageBooks(NpgsqlDataSource source, TimeProvider clock)
{
    private const string Epoch = "timestamptz 'epoch' + e.started * interval '1 microsecond'";

    private const string Sums = """
        count(*) as requests, sum(input_tokens)::bigint as input_tokens, sum(cached_input_tokens)::bigint as cached_input_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens, sum(output_tokens)::bigint as output_tokens, sum(reasoning_tokens)::bigint as reasoning_tokens,
        sum(cost_microdollars)::bigint as cost_microdollars, count(*) filter (where is_estimated) as estimated_requests
        """;

    private const string Columns = "requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microdollars, estimated_requests";

    // Rows are locked in one order by every node, so that two of them never wait for each other.
    private static readonly string s_enter = $"""
        with entered as (
            insert into usage_events (started_at, request_id, account_id, api_key_id, model, upstream, price_version, input_tokens, cached_input_tokens,
                cache_write_tokens, output_tokens, reasoning_tokens, cost_microdollars, latency_microseconds, status, is_estimated, is_interrupted)
            select {Epoch}, request_id, account_id, api_key_id, model, upstream, price_version, input, cached, written, output, reasoning, cost, latency, status,
                flags & 1 <> 0, flags & 2 <> 0
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                as e (started, request_id, account_id, api_key_id, model, upstream, price_version, input, cached, written, output, reasoning, cost, latency, status, flags)
            on conflict do nothing
            returning *
        ), prices as (
            insert into ai_prices (model, version, input, cached_input, cache_write, output, first_used_at)
            select distinct on (model, version) model, version, input, cached, written, output, $22
            from unnest($5, $7, $17, $18, $19, $20) as p (model, version, input, cached, written, output)
            order by model, version
            on conflict do nothing
        ), daily as (
            insert into usage_daily (account_id, day, api_key_id, model, {Columns})
            select account_id, (started_at at time zone 'utc')::date, api_key_id, model, {Sums} from entered group by 1, 2, 3, 4 order by 1, 2, 3, 4
            on conflict (account_id, day, api_key_id, model) do update set {Added("usage_daily")}
        ), monthly as (
            insert into usage_monthly (account_id, month, api_key_id, model, {Columns}, updated_at)
            select account_id, date_trunc('month', started_at at time zone 'utc')::date, api_key_id, model, {Sums}, $22 from entered group by 1, 2, 3, 4 order by 1, 2, 3, 4
            on conflict (account_id, month, api_key_id, model) do update set {Added("usage_monthly")}, updated_at = excluded.updated_at
        ), reports as (
            insert into meter_reports (account_id, day, input_tokens, output_tokens, reported_input_tokens, reported_output_tokens, due_at)
            select account_id, (started_at at time zone 'utc')::date, sum(input_tokens + cached_input_tokens + cache_write_tokens), sum(output_tokens + reasoning_tokens), 0, 0, $21
            from entered group by 1, 2 order by 1, 2
            on conflict (account_id, day) do update set input_tokens = meter_reports.input_tokens + excluded.input_tokens,
                output_tokens = meter_reports.output_tokens + excluded.output_tokens, due_at = coalesce(meter_reports.due_at, excluded.due_at)
        )
        select count(*) from entered
        """;

    /// <summary>Reports are sent an hour at a time: one report more an account and hour, never one an event.</summary>
    private static readonly TimeSpan s_reportAfter = TimeSpan.FromHours(1);

    /// <returns>How many were new.</returns>
    public async Task<long> EnterAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return 0;
        }

        var now = clock.GetUtcNow();
        await using var command = source.CreateCommand(s_enter);
        void Add<T>(NpgsqlDbType type, Func<UsageRecord, T> value) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. records.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });
        Add(NpgsqlDbType.Bigint, record => record.StartedAt);
        Add(NpgsqlDbType.Uuid, record => record.RequestId);
        Add(NpgsqlDbType.Uuid, record => record.AccountId);
        Add(NpgsqlDbType.Uuid, record => record.ApiKeyId);
        Add(NpgsqlDbType.Text, record => UsageRecord.Read(in record.Model));
        Add(NpgsqlDbType.Text, record => UsageRecord.Read(in record.Upstream));
        Add(NpgsqlDbType.Integer, record => record.PriceVersion);
        Add(NpgsqlDbType.Bigint, record => record.Input);
        Add(NpgsqlDbType.Bigint, record => record.CachedInput);
        Add(NpgsqlDbType.Bigint, record => record.CacheWrite);
        Add(NpgsqlDbType.Bigint, record => record.Output);
        Add(NpgsqlDbType.Bigint, record => record.Reasoning);
        Add(NpgsqlDbType.Bigint, record => record.Cost);
        Add(NpgsqlDbType.Bigint, record => record.Latency);
        Add(NpgsqlDbType.Integer, record => record.Status);
        Add(NpgsqlDbType.Integer, record => (int)record.Flags);
        Add(NpgsqlDbType.Bigint, record => record.PriceInput);
        Add(NpgsqlDbType.Bigint, record => record.PriceCachedInput);
        Add(NpgsqlDbType.Bigint, record => record.PriceCacheWrite);
        Add(NpgsqlDbType.Bigint, record => record.PriceOutput);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (now + s_reportAfter).UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static string Added(string table) =>
        string.Join(", ", Columns.Split(", ").Select(column => $"{column} = {table}.{column} + excluded.{column}"));
}
