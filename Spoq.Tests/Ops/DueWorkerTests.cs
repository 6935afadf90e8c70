using Npgsql;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class DueWorkerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task A_visit_that_cannot_renew_its_lease_ends_before_another_node_takes_the_row()
    {
        await AddQueueAsync("cut_off");
        using var worker = new Visitor(fixture.Get<DueWorkerServices>(), "cut_off", async cancellationToken =>
        {
            await RunAsync("alter table cut_off rename to out_of_reach");
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        });

        var turn = worker.RunOnceAsync(CancellationToken.None);

        Assert.Same(turn, await Task.WhenAny(turn, Task.Delay(TimeSpan.FromSeconds(60))));
    }

    [Fact]
    public async Task A_visit_as_long_as_its_lease_is_renewed_goes_on()
    {
        await AddQueueAsync("long_work");
        var ended = false;
        using var worker = new Visitor(fixture.Get<DueWorkerServices>(), "long_work", async cancellationToken =>
        {
            await Task.Delay(Visitor.ShortLease * 1.5, cancellationToken);
            ended = true;
        });

        for (var turn = 0; turn < 4 && !ended; turn++)
        {
            // A machine that stalls for most of a lease renews none in time: then the visit was cut off, rightly, and comes again.
            Assert.Equal(1, await worker.RunOnceAsync(CancellationToken.None));
            fixture.Clock.Advance(2 * Visitor.ShortLease);
        }

        Assert.True(ended);
    }

    [Fact]
    public async Task A_row_that_came_to_rest_during_a_visit_that_broke_stays_at_rest()
    {
        await AddQueueAsync("at_rest");
        using var worker = new Visitor(fixture.Get<DueWorkerServices>(), "at_rest", async _ =>
        {
            await RunAsync("update at_rest set due_at = null");
            throw new InvalidOperationException("The visit breaks.");
        });

        await worker.RunOnceAsync(CancellationToken.None);

        Assert.Equal(1L, await RunAsync("select count(*) from at_rest where due_at is null and lease_until is null"));
    }

    private async Task AddQueueAsync(string table) => await RunAsync($"""
        create table {table} (id uuid primary key, due_at timestamptz, lease_until timestamptz, lease_token bigint not null);
        insert into {table} values (gen_random_uuid(), '2020-01-01', null, 0)
        """);

    private async Task<object?> RunAsync(string sql)
    {
        await using var command = fixture.Get<NpgsqlDataSource>().CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private sealed class Visitor(DueWorkerServices services, string table, Func<CancellationToken, Task> visit) : DueWorker(services, table)
    {
        // Long enough that a busy machine renews it in time.
        public static readonly TimeSpan ShortLease = TimeSpan.FromSeconds(4);

        protected override TimeSpan Lease => ShortLease;

        protected override Task WorkAsync(Claim claim, CancellationToken cancellationToken) => visit(cancellationToken);
    }
}
