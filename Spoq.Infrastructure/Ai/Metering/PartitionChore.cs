using Npgsql;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Partitions of usage events are there two months before they are needed. Should none be, the default one takes the events.</summary>
internal sealed class PartitionChore(NpgsqlDataSource source, TimeProvider clock) : IChore
{
    private const int MonthsAhead = 2;

    public string Name => "usage_partitions";

    public TimeSpan Every => TimeSpan.FromHours(12);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var month = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        for (var ahead = 0; ahead <= MonthsAhead; ahead++)
        {
            await using var command = source.CreateCommand("select ensure_usage_partition($1)");
            command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = month.AddMonths(ahead) });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
