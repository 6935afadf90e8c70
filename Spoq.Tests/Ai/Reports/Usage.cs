using Npgsql;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Tests.Ai.Metering;

namespace Spoq.Tests.Ai.Reports;

/// <summary>A past, written into the books of a running server.</summary>
internal static class Usage
{
    public static async Task<Guid> AccountOfAsync(NpgsqlDataSource source, string email)
    {
        await using var command = source.CreateCommand("select id from users where lower(email) = lower($1)");
        command.Parameters.Add(new() { Value = email });
        return (Guid)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Two models a day, as many days back from now.</summary>
    public static async Task FillAsync(NpgsqlDataSource source, Guid account, DateTimeOffset now, int days)
    {
        var random = new Random(3);
        var records = new List<UsageRecord>();
        for (var day = 0; day < days; day++)
        {
            foreach (var model in (string[])["gpt-small", "claude-small"])
            {
                for (var call = 0; call < 4; call++)
                {
                    var started = (now.AddDays(-day) - DateTimeOffset.UnixEpoch).Ticks / 10;
                    var record = UsageRecord.Of(Guid.CreateVersion7(), started, UsageWorld.Facts(account, null, model));
                    record.Count(new TokenUsage(random.Next(20_000), random.Next(9_000), 0, random.Next(9_000), random.Next(500)));
                    record.Flags = call == 0 && day == 2 ? RecordFlags.Estimated : RecordFlags.None;
                    records.Add(record);
                }
            }
        }

        await new UsageBooks(source, TimeProvider.System).EnterAsync(records, CancellationToken.None);
    }
}
