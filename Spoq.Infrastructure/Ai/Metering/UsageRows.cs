using System.Buffers;
using Npgsql;
using NpgsqlTypes;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Ended calls as rows of <c>usage_events</c>.</summary>
internal static class UsageRows
{
    private const string Columns = """
        started_at, request_id, account_id, api_key_id, model, upstream, price_version, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, reasoning_tokens, cost_microdollars, latency_microseconds, status, is_estimated, is_interrupted
        """;

    private const string Copy = $"copy usage_events ({Columns}) from stdin (format binary)";

    private const string Insert = $"""
        insert into usage_events ({Columns})
        select timestamptz 'epoch' + e.started * interval '1 microsecond', request_id, account_id, api_key_id, model, upstream, price_version,
            input, cached, written, output, reasoning, cost, latency, status, flags & 1 <> 0, flags & 2 <> 0
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            as e (started, request_id, account_id, api_key_id, model, upstream, price_version, input, cached, written, output, reasoning, cost, latency, status, flags)
        on conflict do nothing
        returning request_id
        """;

    /// <summary>All or none: PostgreSQL spends a fraction of what it does on an insert, and rows are bytes to it as they lie in a record here.</summary>
    /// <exception cref="PostgresException">One of them is there already.</exception>
    public static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        var copy = await connection.BeginRawBinaryCopyAsync(Copy, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyWriter.HeaderBytes + (records.Count * CopyWriter.MostBytes) + CopyWriter.TrailerBytes);
        try
        {
            await copy.WriteAsync(buffer.AsMemory(0, CopyWriter.Write(records, buffer)), cancellationToken);
        }
        catch
        {
            await copy.CancelAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // What PostgreSQL says to all of them.
        await copy.DisposeAsync();
    }

    /// <returns>The request ids of those that were not there.</returns>
    public static async Task<HashSet<Guid>> InsertNewAsync(NpgsqlConnection connection, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Insert, connection);
        Add(command, records, NpgsqlDbType.Bigint, record => record.StartedAt);
        Add(command, records, NpgsqlDbType.Uuid, record => record.RequestId);
        Add(command, records, NpgsqlDbType.Uuid, record => record.AccountId);
        Add(command, records, NpgsqlDbType.Uuid, record => record.ApiKeyId);
        Add(command, records, NpgsqlDbType.Text, record => UsageRecord.Read(in record.Model));
        Add(command, records, NpgsqlDbType.Text, record => UsageRecord.Read(in record.Upstream));
        Add(command, records, NpgsqlDbType.Integer, record => record.PriceVersion);
        Add(command, records, NpgsqlDbType.Bigint, record => record.Input);
        Add(command, records, NpgsqlDbType.Bigint, record => record.CachedInput);
        Add(command, records, NpgsqlDbType.Bigint, record => record.CacheWrite);
        Add(command, records, NpgsqlDbType.Bigint, record => record.Output);
        Add(command, records, NpgsqlDbType.Bigint, record => record.Reasoning);
        Add(command, records, NpgsqlDbType.Bigint, record => record.Cost);
        Add(command, records, NpgsqlDbType.Bigint, record => record.Latency);
        Add(command, records, NpgsqlDbType.Integer, record => record.Status);
        Add(command, records, NpgsqlDbType.Integer, record => (int)record.Flags);
        var entered = new HashSet<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            entered.Add(rows.GetGuid(0));
        }

        return entered;
    }

    private static void Add<T>(NpgsqlCommand command, IReadOnlyList<UsageRecord> records, NpgsqlDbType type, Func<UsageRecord, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. records.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });
}
