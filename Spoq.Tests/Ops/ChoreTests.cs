using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class ChoreTests(ChoreTests.Fixture database) : IClassFixture<ChoreTests.Fixture>
{
    [Fact]
    public async Task A_chore_is_done_by_one_node_and_again_when_its_time_has_come()
    {
        var nodes = new[] { database.Services, database.NewNode() };
        await RunAsync(nodes);
        var before = Fixture.Runs;

        database.Clock.Advance(TimeSpan.FromMinutes(59));
        await RunAsync(nodes);
        Assert.Equal(before, Fixture.Runs);

        database.Clock.Advance(TimeSpan.FromMinutes(2));
        await RunAsync(nodes);
        Assert.Equal(before + 1, Fixture.Runs);
    }

    [Fact]
    public async Task A_chore_that_fails_is_tried_again_soon()
    {
        await RunAsync(database.Services);
        database.Clock.Advance(TimeSpan.FromHours(2));
        Fixture.Fails = true;
        var before = Fixture.Runs;
        await RunAsync(database.Services);
        Fixture.Fails = false;

        database.Clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync(database.Services);

        Assert.Equal(before + 2, Fixture.Runs);
    }

    [Fact]
    public async Task What_has_outlived_its_use_is_removed_and_nothing_else()
    {
        var limiter = database.Get<RateLimiter>();
        await limiter.TakeAsync("test", "over", RateRule.PerMinute(10), CancellationToken.None);
        database.Clock.Advance(TimeSpan.FromHours(1));
        await limiter.TakeAsync("test", "running", RateRule.PerMinute(1), CancellationToken.None);

        await database.Services.GetServices<IChore>().Single(chore => chore.Name == "sweep").RunAsync(CancellationToken.None);

        await using var db = database.NewContext();
        Assert.Equal(1, await db.Set<RateCounter>().CountAsync());
        Assert.NotNull(await limiter.TakeAsync("test", "running", RateRule.PerMinute(1), CancellationToken.None));
    }

    [Fact]
    public async Task Every_sweep_names_a_table_and_columns_that_exist()
    {
        await using var db = database.NewContext();
        foreach (var sweep in database.Services.GetServices<Sweep>())
        {
            var sql = $"select count(*)::int as \"Value\" from {sweep.Table} where {sweep.Where.Replace("$1", "{0}", StringComparison.Ordinal)}";
            Assert.Equal(0, await db.Database.SqlQueryRaw<int>(sql, DateTime.UnixEpoch).SingleAsync());
        }
    }

    private static async Task RunAsync(params IServiceProvider[] nodes)
    {
        foreach (var node in nodes)
        {
            await node.GetRequiredService<ChoreWorker>().EnrolAsync(CancellationToken.None);
        }

        await Task.WhenAll(nodes.Select(async node =>
        {
            while (await node.GetRequiredService<ChoreWorker>().RunOnceAsync(CancellationToken.None) > 0)
            {
                // Until nothing is due: other features have chores too.
            }
        }));
    }

    public sealed class Fixture : DatabaseFixture
    {
        private static int s_runs;

        public static bool Fails { get; set; }

        public static int Runs => s_runs;

        protected override void Configure(HostApplicationBuilder builder) => builder.Services.AddSingleton<IChore, Hourly>();

        private sealed class Hourly : IChore
        {
            public string Name => "hourly-test";

            public TimeSpan Every => TimeSpan.FromHours(1);

            public Task RunAsync(CancellationToken cancellationToken)
            {
                Interlocked.Increment(ref s_runs);
                return Fails ? throw new InvalidOperationException("The neighbour is away.") : Task.CompletedTask;
            }
        }
    }
}
