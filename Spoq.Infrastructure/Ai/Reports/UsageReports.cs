using Npgsql;
using NpgsqlTypes;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Budgets;

namespace Spoq.Infrastructure.Ai.Reports;

[Flags]
public enum UsageGrouping
{
    None = 0,
    Day = 1,
    Model = 2,
    Key = 4,
}

/// <summary>Sums of usage; what was not grouped by is null. A key that is all zero stands for access tokens.</summary>
public sealed record UsageLine(
    DateOnly? Day, string? Model, Guid? ApiKeyId, string? ApiKeyName, long Requests, long InputTokens, long CachedInputTokens, long CacheWriteTokens,
    long OutputTokens, long ReasoningTokens, long CostMicrodollars, long EstimatedRequests)
{
    public long PromptTokens => InputTokens + CachedInputTokens + CacheWriteTokens;

    public long CompletionTokens => OutputTokens + ReasoningTokens;

    public long TotalTokens => PromptTokens + CompletionTokens;
}

/// <summary>What an account or a key may still use this month.</summary>
/// <param name="KeyCap">Of the key that was asked about; null: it has none of its own.</param>
/// <param name="KeySpent">What counts against that.</param>
public sealed record UsageStanding(DateOnly Month, Allowance Allowance, long? KeyCap, long KeySpent);

/// <param name="Microdollars">Null: there is none.</param>
public sealed record CapOf(long? Microdollars);

/// <summary>Usage as people and programs read it: from the sums, a second behind the calls.</summary>
public sealed class UsageReports
{
    private readonly NpgsqlDataSource _source;
    private readonly BudgetStore _budgets;
    private readonly TimeProvider _clock;

    internal UsageReports(NpgsqlDataSource source, BudgetStore budgets, TimeProvider clock) => (_source, _budgets, _clock) = (source, budgets, clock);

    public DateOnly Today => DateOnly.FromDateTime(_clock.GetUtcNow().UtcDateTime);

    /// <summary>In the order of day, model and key.</summary>
    public async Task<IReadOnlyList<UsageLine>> ReadAsync(Guid accountId, UsagePeriod period, UsageGrouping by, long skip, int limit, CancellationToken cancellationToken)
    {
        var day = by.HasFlag(UsageGrouping.Day) ? "day" : "null::date";
        var model = by.HasFlag(UsageGrouping.Model) ? "d.model" : "null::text";
        var key = by.HasFlag(UsageGrouping.Key) ? "api_key_id" : "null::uuid";
        await using var command = _source.CreateCommand($"""
            select s.*, k.name from (
                select {day} as day, {model} as model, {key} as key, coalesce(sum(requests), 0)::bigint, coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(cached_input_tokens), 0)::bigint,
                    coalesce(sum(cache_write_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(reasoning_tokens), 0)::bigint,
                    coalesce(sum(cost_microdollars), 0)::bigint, coalesce(sum(estimated_requests), 0)::bigint
                from usage_daily d where account_id = $1 and day between $2 and $3 {(by == UsageGrouping.None ? "" : "group by 1, 2, 3")} order by 1, 2, 3 offset $4 limit $5
            ) s left join api_keys k on k.id = s.key and k.account_id = $1 order by 1, 2, 3
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = period.From });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = period.To });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = skip });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Every day, key and model for itself, in that order, a page at a time: no page costs more than the first.</summary>
    /// <param name="after">The last line of the page before.</param>
    public async Task<IReadOnlyList<UsageLine>> ReadAfterAsync(Guid accountId, UsagePeriod period, UsageLine? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("""
            select day, model, api_key_id, requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microdollars, estimated_requests,
                (select name from api_keys k where k.id = d.api_key_id and k.account_id = $1)
            from usage_daily d
            where account_id = $1 and day between $2 and $3 and ($4 is null or (day, api_key_id, model) > ($4, $5, $6))
            order by day, api_key_id, model limit $7
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = after?.Day ?? period.From });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = period.To });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)after?.Day ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Date });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = after?.ApiKeyId ?? Guid.Empty });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after?.Model ?? "" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadAsync(command, cancellationToken);
    }

    public async Task<UsageStanding> StandingAsync(Guid accountId, Guid? apiKeyId, CancellationToken cancellationToken)
    {
        var facts = (await _budgets.ReadAsync([accountId], cancellationToken))[accountId];
        var key = apiKeyId is { } id ? facts.Keys.GetValueOrDefault(id) : null;
        return new UsageStanding(facts.Month, facts.Allowance, key?.Cap, key?.Used.At(facts.Allowance.Price) ?? 0);
    }

    /// <param name="apiKeyId">Null: the cap of the account.</param>
    public async Task<Result<CapOf>> CapAsync(Guid accountId, Guid? apiKeyId, CancellationToken cancellationToken)
    {
        var facts = (await _budgets.ReadAsync([accountId], cancellationToken))[accountId];
        return apiKeyId is not { } id ? new CapOf(facts.Allowance.Cap)
            : facts.Keys.TryGetValue(id, out var key) ? new CapOf(key.Cap)
            : ApiKeyRefusals.NotFound;
    }

    /// <summary>In force on every node within a second; 0 stops everything beyond what the plan includes.</summary>
    public async Task<Refusal?> SetCapAsync(Guid accountId, long microdollars, CancellationToken cancellationToken)
    {
        if (UsageCap.Check(microdollars) is { } no)
        {
            return no;
        }

        await using var command = _source.CreateCommand("""
            with cap as (
                insert into usage_caps (account_id, monthly_cap, set_at) values ($1, $2, $3)
                on conflict (account_id) do update set monthly_cap = excluded.monthly_cap, set_at = excluded.set_at
            )
            select pg_notify($4, $1::text)
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = microdollars });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = _clock.GetUtcNow().UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = BudgetLedger.Channel });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return null;
    }

    private static async Task<IReadOnlyList<UsageLine>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<UsageLine>();
        while (await row.ReadAsync(cancellationToken))
        {
            lines.Add(new UsageLine(
                row.IsDBNull(0) ? null : row.GetFieldValue<DateOnly>(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetGuid(2), row.IsDBNull(11) ? null : row.GetString(11),
                row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10)));
        }

        return lines;
    }
}
