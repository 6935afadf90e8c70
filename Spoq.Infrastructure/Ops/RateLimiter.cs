using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Spoq.Infrastructure.Ops;

/// <summary>So many in so long; a burst may take them all at once, then they drip back evenly.</summary>
public readonly record struct RateRule(int Count, TimeSpan Per)
{
    public static RateRule PerMinute(int count) => new(count, TimeSpan.FromMinutes(1));

    public static RateRule PerHour(int count) => new(count, TimeSpan.FromHours(1));
}

/// <summary>How a caller stands with a limit after one more try.</summary>
/// <param name="Wait">Null: allowed and counted. Else how long to wait.</param>
/// <param name="Remaining">How many more would be allowed at once.</param>
/// <param name="Reset">How long until all of them are.</param>
public readonly record struct RateStanding(TimeSpan? Wait, int Remaining, TimeSpan Reset);

/// <summary>
/// The generic cell rate algorithm (ITU-T I.371) with its one number in PostgreSQL, so that all nodes share it
/// exactly. For sign-in, codes and mail; the AI proxy has a limiter of its own.
/// </summary>
public sealed class RateLimiter(NpgsqlDataSource source, TimeProvider clock)
{
    /// <param name="scope">What is limited, such as <c>login</c>.</param>
    /// <param name="key">For whom: an IP address, an account id. Stored hashed.</param>
    /// <param name="rule">How much.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null: allowed and counted. Else how long to wait.</returns>
    public async Task<TimeSpan?> TakeAsync(string scope, string key, RateRule rule, CancellationToken cancellationToken) =>
        (await CountAsync(scope, key, rule, cancellationToken)).Wait;

    /// <summary>As <see cref="TakeAsync"/>, and tells what is left.</summary>
    public async Task<RateStanding> CountAsync(string scope, string key, RateRule rule, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var interval = rule.Per / rule.Count;
        await using var command = source.CreateCommand("""
            with taken as (
                insert into rate_counters as c (key, full_at) values ($1, $2 + $3)
                on conflict (key) do update set full_at = greatest(c.full_at, $2) + $3
                where greatest(c.full_at, $2) + $3 - $2 <= $4
                returning full_at)
            select (select full_at from taken), (select full_at from rate_counters where key = $1)
            """);
        command.Parameters.Add(new() { Value = Key(scope, key) });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = interval });
        command.Parameters.Add(new() { Value = rule.Per });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        if (!await row.IsDBNullAsync(0, cancellationToken))
        {
            var used = row.GetDateTime(0) - now;
            return new RateStanding(null, Math.Max(0, (int)((rule.Per - used) / interval)), used);
        }

        // Between the two reads another request may have made the row: then the first one's time stands in.
        var fullAt = await row.IsDBNullAsync(1, cancellationToken) ? now + rule.Per : row.GetDateTime(1);
        var wait = fullAt + interval - now - rule.Per;
        return new RateStanding(wait > TimeSpan.Zero ? wait : interval, 0, fullAt - now);
    }

    /// <summary>Gives back what was taken before it was known whether it counts; taking first leaves no gap for many at once.</summary>
    public async Task ReturnAsync(string scope, string key, RateRule rule, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("update rate_counters set full_at = full_at - $2 where key = $1");
        command.Parameters.Add(new() { Value = Key(scope, key) });
        command.Parameters.Add(new() { Value = rule.Per / rule.Count });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets what is counted, as after a successful sign-in.</summary>
    public async Task ForgetAsync(string scope, string key, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("delete from rate_counters where key = $1");
        command.Parameters.Add(new() { Value = Key(scope, key) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static byte[] Key(string scope, string key) => SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}\n{key}"))[..16];
}

/// <summary>When a bucket is empty again. A row whose time is past means nothing.</summary>
public sealed class RateCounter(byte[] key, DateTimeOffset fullAt)
{
    public byte[] Key { get; private set; } = key;

    public DateTimeOffset FullAt { get; private set; } = fullAt;
}
