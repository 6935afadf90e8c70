using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai.Metering;

/// <summary>Calls as tests make them, and what the books say of them.</summary>
public sealed class UsageWorld : DatabaseFixture
{
    internal static readonly ModelPrice Price = new(1, 3_000_000, 300_000, 3_750_000, 15_000_000);

    internal UsageMeter Meter => Get<UsageMeter>();

    internal static CallFacts Facts(Guid accountId, Guid? keyId = null, string model = "spoq-test", long prompt = 10) => new(accountId, keyId, model, "primary", Price, prompt);

    /// <summary>A call from beginning to end.</summary>
    internal Guid Call(Guid accountId, TokenUsage usage, Guid? keyId = null, string model = "spoq-test", bool estimated = false)
    {
        var call = Meter.Open(Facts(accountId, keyId, model))!;
        call.End(usage, estimated, 200, TimeSpan.FromMilliseconds(120));
        return call.RequestId;
    }

    internal Task<long> ShipAsync() => Get<UsageShipper>().ShipAsync(CancellationToken.None);

    internal async Task<IReadOnlyList<UsageEvent>> EventsAsync(Guid accountId)
    {
        await using var db = NewContext();
        return await db.Set<UsageEvent>().AsNoTracking().Where(row => row.AccountId == accountId).OrderBy(row => row.RequestId).ToListAsync();
    }

    /// <summary>Rows where a day's or a month's sums are not the sums of the events; none, ever.</summary>
    internal static async Task<long> WrongSumsAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("""
            with truth as (
                select account_id, api_key_id, model, (started_at at time zone 'utc')::date as day, count(*) as requests, sum(input_tokens) as i, sum(cached_input_tokens) as c,
                    sum(cache_write_tokens) as w, sum(output_tokens) as o, sum(reasoning_tokens) as r, sum(cost_microdollars) as cost, count(*) filter (where is_estimated) as estimated
                from usage_events group by 1, 2, 3, 4
            ), months as (
                select account_id, api_key_id, model, date_trunc('month', day)::date as month, sum(requests) as requests, sum(i) as i, sum(c) as c, sum(w) as w, sum(o) as o, sum(r) as r,
                    sum(cost) as cost, sum(estimated) as estimated
                from truth group by 1, 2, 3, 4
            )
            select (select count(*) from truth full join usage_daily d using (account_id, api_key_id, model, day)
                    where (truth.requests, i, c, w, o, r, cost, estimated) is distinct from
                        (d.requests::bigint, d.input_tokens::numeric, d.cached_input_tokens::numeric, d.cache_write_tokens::numeric, d.output_tokens::numeric, d.reasoning_tokens::numeric, d.cost_microdollars::numeric, d.estimated_requests::bigint))
                + (select count(*) from months full join usage_monthly m using (account_id, api_key_id, model, month)
                    where (months.requests, i, c, w, o, r, cost, estimated) is distinct from
                        (m.requests::numeric, m.input_tokens::numeric, m.cached_input_tokens::numeric, m.cache_write_tokens::numeric, m.output_tokens::numeric, m.reasoning_tokens::numeric, m.cost_microdollars::numeric, m.estimated_requests::numeric))
            """);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
