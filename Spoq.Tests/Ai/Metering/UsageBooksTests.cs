using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ops.Chores;
using Xunit.Abstractions;

namespace Spoq.Tests.Ai.Metering;

public sealed class UsageBooksTests(UsageWorld world, ITestOutputHelper output) : IClassFixture<UsageWorld>
{
    private static readonly TokenUsage s_some = new(1000, 200, 50, 300, 40);

    [Fact]
    public async Task An_ended_call_becomes_one_event_with_every_class_of_token_apart()
    {
        var account = await world.AddAccountAsync();
        var key = Guid.CreateVersion7();

        var id = world.Call(account, s_some, key);
        await world.ShipAsync();

        var one = Assert.Single(await world.EventsAsync(account));
        Assert.Equal((id, key, "spoq-test", "primary", 1), (one.RequestId, one.ApiKeyId, one.Model, one.Upstream, one.PriceVersion));
        Assert.Equal((1000, 200, 50, 300, 40), (one.InputTokens, one.CachedInputTokens, one.CacheWriteTokens, one.OutputTokens, one.ReasoningTokens));
        Assert.Equal(UsageWorld.Price.Cost(s_some), one.CostMicrodollars);
        Assert.Equal((200, 120_000, false, false), (one.Status, one.LatencyMicroseconds, one.IsEstimated, one.IsInterrupted));
        Assert.Equal(world.Clock.Now, one.StartedAt);
    }

    [Fact]
    public async Task Only_the_first_end_counts_and_an_abandoned_call_leaves_nothing()
    {
        var account = await world.AddAccountAsync();
        var ended = world.Meter.Open(UsageWorld.Facts(account))!;
        var abandoned = world.Meter.Open(UsageWorld.Facts(account))!;

        ended.End(s_some, false, 200, TimeSpan.Zero);
        ended.End(s_some with { Output = 9 }, true, 500, TimeSpan.Zero);
        ended.Abandon();
        abandoned.Abandon();
        abandoned.End(s_some, false, 200, TimeSpan.Zero);
        await world.ShipAsync();

        Assert.Equal(300, Assert.Single(await world.EventsAsync(account)).OutputTokens);
    }

    [Fact]
    public async Task The_same_calls_sent_again_change_nothing()
    {
        var account = await world.AddAccountAsync();
        var record = UsageRecord.Of(Guid.CreateVersion7(), (world.Clock.Now - DateTimeOffset.UnixEpoch).Ticks / 10, UsageWorld.Facts(account));
        record.Count(s_some);
        var books = world.Get<UsageBooks>();

        Assert.Equal(1, await books.EnterAsync([record], CancellationToken.None));
        Assert.Equal(0, await books.EnterAsync([record], CancellationToken.None));

        Assert.Single(await world.EventsAsync(account));
        Assert.Equal(0, await UsageWorld.WrongSumsAsync(world.Get<NpgsqlDataSource>()));
        await using var db = world.NewContext();
        var report = await db.Set<MeterReport>().SingleAsync(row => row.AccountId == account);
        Assert.Equal((1250, 340), (report.InputTokens, report.OutputTokens));
        Assert.NotNull(report.DueAt);
    }

    [Fact]
    public async Task Sums_of_days_and_months_are_the_sums_of_the_events_whoever_writes_them_at_once()
    {
        var accounts = new[] { await world.AddAccountAsync(), await world.AddAccountAsync() };
        var books = world.Get<UsageBooks>();
        var writers = Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var batch = 0; batch < 10; batch++)
            {
                var records = Enumerable.Range(0, 50).Select(_ => Random(random, accounts)).ToList();
                await books.EnterAsync(records, CancellationToken.None);
            }
        }));

        await Task.WhenAll(writers);

        Assert.Equal(0, await UsageWorld.WrongSumsAsync(world.Get<NpgsqlDataSource>()));
        await using var db = world.NewContext();
        Assert.Equal(3000, await db.Set<UsageMonth>().Where(row => accounts.Contains(row.AccountId)).SumAsync(row => row.Requests));
    }

    [Fact]
    public async Task A_cost_can_be_worked_out_again_from_the_price_that_is_kept()
    {
        var account = await world.AddAccountAsync();
        world.Call(account, s_some);
        await world.ShipAsync();

        await using var db = world.NewContext();
        var one = await db.Set<UsageEvent>().SingleAsync(row => row.AccountId == account);
        var price = await db.Set<AiPrice>().SingleAsync(row => row.Model == one.Model && row.Version == one.PriceVersion);

        Assert.Equal(one.CostMicrodollars, new ModelPrice(price.Version, price.Input, price.CachedInput, price.CacheWrite, price.Output).Cost(s_some));
    }

    [Fact]
    public async Task A_months_partition_made_late_takes_over_the_events_that_were_there_before_it()
    {
        var account = await world.AddAccountAsync();
        world.Call(account, s_some);
        await world.ShipAsync();

        await world.Get<IEnumerable<IChore>>().OfType<PartitionChore>().Single().RunAsync(CancellationToken.None);

        await using var command = world.Get<NpgsqlDataSource>().CreateCommand("select count(*) from usage_events_2026_03 where account_id = $1");
        command.Parameters.Add(new() { Value = account });
        Assert.Equal(1L, await command.ExecuteScalarAsync());
        await using var ahead = world.Get<NpgsqlDataSource>().CreateCommand("select to_regclass('usage_events_2026_05') is not null");
        Assert.Equal(true, await ahead.ExecuteScalarAsync());
        Assert.Single(await world.EventsAsync(account));
    }

    [Fact]
    public async Task While_PostgreSQL_is_away_usage_waits_and_none_is_lost_or_doubled_when_it_is_back()
    {
        var account = await world.AddAccountAsync();
        var options = Options.Create(new SpoolOptions { SpoolDirectory = Path.Combine(world.DataDirectory, "away") });
        using var meter = new UsageMeter(options, world.Clock, NullLogger<UsageMeter>.Instance);
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1");
        using var away = new UsageShipper(meter, new UsageBooks(nowhere, world.Clock), options, NullLogger<UsageShipper>.Instance);
        using var back = new UsageShipper(meter, world.Get<UsageBooks>(), options, NullLogger<UsageShipper>.Instance);
        for (var call = 0; call < 300; call++)
        {
            meter.Open(UsageWorld.Facts(account))!.End(s_some, false, 200, TimeSpan.Zero);
        }

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => away.ShipAsync(CancellationToken.None));
        Assert.Equal(300, meter.Spool.Waiting);
        Assert.Equal(300, await back.ShipAsync(CancellationToken.None));

        Assert.Equal(0, meter.Spool.Waiting);
        Assert.Equal(300, (await world.EventsAsync(account)).Count);
    }

    [Fact]
    public async Task A_record_that_PostgreSQL_never_takes_is_set_aside_and_holds_nothing_up()
    {
        var account = await world.AddAccountAsync();
        var options = Options.Create(new SpoolOptions { SpoolDirectory = Path.Combine(world.DataDirectory, "poison") });
        using var meter = new UsageMeter(options, world.Clock, NullLogger<UsageMeter>.Instance);
        using var shipper = new UsageShipper(meter, world.Get<UsageBooks>(), options, NullLogger<UsageShipper>.Instance);
        for (var call = 0; call < 100; call++)
        {
            if (call % 40 == 7)
            {
                // No call ends like this; a mistake of ours might one day.
                var bad = UsageRecord.Of(Guid.CreateVersion7(), 1, UsageWorld.Facts(account)) with { Output = -1 };
                meter.Spool.End(meter.Spool.Open(bad), bad);
            }

            meter.Open(UsageWorld.Facts(account))!.End(s_some, false, 200, TimeSpan.Zero);
        }

        Assert.Equal(100, await shipper.ShipAsync(CancellationToken.None));

        Assert.Equal(0, meter.Spool.Waiting);
        Assert.Equal(100, (await world.EventsAsync(account)).Count);
        var kept = Assert.Single(Directory.GetFiles(meter.Root, "unreadable-records", SearchOption.AllDirectories));
        Assert.Equal(3 * UsageRecord.Size, new FileInfo(kept).Length);
        Assert.Equal(0, await UsageWorld.WrongSumsAsync(world.Get<NpgsqlDataSource>()));
    }

    [Fact]
    public async Task A_price_that_changed_is_another_price_and_both_are_kept()
    {
        var account = await world.AddAccountAsync();
        var (before, after) = (ModelPrice.Of(1_000_000, 100_000, 1_000_000, 2_000_000), ModelPrice.Of(1_000_000, 100_000, 1_000_000, 2_000_001));
        foreach (var price in new[] { before, after, before })
        {
            world.Meter.Open(UsageWorld.Facts(account, model: "repriced") with { Price = price })!.End(s_some, false, 200, TimeSpan.Zero);
        }

        await world.ShipAsync();

        await using var db = world.NewContext();
        var kept = await db.Set<AiPrice>().Where(price => price.Model == "repriced").ToListAsync();
        Assert.Equal([2_000_000, 2_000_001], kept.Select(price => price.Output).Order());
        Assert.All(kept, price => Assert.Equal(price.Version, ModelPrice.Of(price.Input, price.CachedInput, price.CacheWrite, price.Output).Version));
        Assert.All(await world.EventsAsync(account), one => Assert.Equal(
            one.CostMicrodollars, kept.Where(price => price.Version == one.PriceVersion).Select(price => ModelPrice.Of(price.Input, price.CachedInput, price.CacheWrite, price.Output).Cost(s_some)).Single()));
    }

    [Fact]
    public async Task What_a_call_and_its_event_cost_is_printed()
    {
        var account = await world.AddAccountAsync();
        const int Calls = 100_000;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var call = 0; call < Calls; call++)
        {
            var metered = world.Meter.Open(UsageWorld.Facts(account))!;
            metered.Produced(call);
            metered.End(s_some, false, 200, TimeSpan.Zero);
        }

        var perCall = watch.Elapsed / Calls;
        watch.Restart();
        Assert.Equal(Calls, await world.ShipAsync());
        output.WriteLine($"{perCall.TotalMicroseconds:0.00} us a call (open, one count, end); {watch.Elapsed.TotalMicroseconds / Calls:0.0} us an event from spool to books");
        Assert.True(perCall < TimeSpan.FromMilliseconds(1));
    }

    private static UsageRecord Random(Random random, Guid[] accounts)
    {
        var started = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(60 * 24 * 100));
        var record = UsageRecord.Of(Guid.CreateVersion7(), (started - DateTimeOffset.UnixEpoch).Ticks / 10, UsageWorld.Facts(accounts[random.Next(2)], null, "model-" + random.Next(3)));
        record.Count(new TokenUsage(random.Next(1000), random.Next(1000), random.Next(10), random.Next(1000), random.Next(100)));
        record.Flags = (RecordFlags)random.Next(2);
        return record;
    }
}
