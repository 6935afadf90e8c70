using Npgsql;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>An event as it stands in PostgreSQL.</summary>
internal sealed record LedgerEvent(
    DateTimeOffset StartedAt, Guid RequestId, int Worker, long Input, long Cached, long Output, long Cost, bool IsEstimated, bool IsInterrupted)
{
    public static async Task<IReadOnlyList<LedgerEvent>> ReadAsync(NpgsqlDataSource books)
    {
        await using var command = books.CreateCommand("""
            select started_at, request_id, model, input_tokens + cache_write_tokens, cached_input_tokens, output_tokens + reasoning_tokens, cost_microdollars, is_estimated, is_interrupted
            from usage_events order by started_at
            """);
        await using var row = await command.ExecuteReaderAsync();
        var events = new List<LedgerEvent>();
        while (await row.ReadAsync())
        {
            events.Add(new LedgerEvent(
                row.GetFieldValue<DateTimeOffset>(0), row.GetGuid(1), LedgerSettings.WorkerOf(row.GetString(2)),
                row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetBoolean(7), row.GetBoolean(8)));
        }

        return events;
    }
}
