using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Spoq.Infrastructure.Ops.Chores;

/// <summary>Rows that are of no more use to anybody.</summary>
/// <param name="Table">Our own constant.</param>
/// <param name="Where">SQL; <c>$1</c> is now.</param>
public sealed record Sweep(string Table, string Where);

/// <summary>Removes what has outlived its use, in small bites that hold no lock for long.</summary>
internal sealed class SweepChore(NpgsqlDataSource source, IEnumerable<Sweep> sweeps, TimeProvider clock, ILogger<SweepChore> logger) : IChore
{
    private const int Bite = 2000;

    public string Name => "sweep";

    public TimeSpan Every => TimeSpan.FromMinutes(30);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var sweep in sweeps)
        {
            var removed = await SweepAsync(sweep, cancellationToken);
            if (removed > 0)
            {
                logger.LogInformation("Removed {Count} rows of {Table} that had outlived their use", removed, sweep.Table);
            }
        }
    }

    private async Task<int> SweepAsync(Sweep sweep, CancellationToken cancellationToken)
    {
        for (var removed = 0; ;)
        {
            await using var command = source.CreateCommand($"delete from {sweep.Table} where ctid = any(array(select ctid from {sweep.Table} where {sweep.Where} limit {Bite} for update skip locked))");
            command.Parameters.Add(new() { Value = clock.GetUtcNow().UtcDateTime });
            var bite = await command.ExecuteNonQueryAsync(cancellationToken);
            removed += bite;
            if (bite < Bite)
            {
                return removed;
            }
        }
    }
}

public static class SweepRegistration
{
    /// <summary>Each feature says itself when rows of its tables are over.</summary>
    public static IServiceCollection AddSweep(this IServiceCollection services, string table, string where) => services.AddSingleton(new Sweep(table, where));
}
