using Npgsql;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class DueQueueTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    private DateTimeOffset Now => fixture.Clock.Now;

    [Fact]
    public async Task A_due_row_goes_to_one_of_many_workers()
    {
        await AddAsync(40);

        var queue = Queue();
        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => queue.ClaimAsync(5, Now, s_lease, CancellationToken.None)));

        var ids = claims.SelectMany(claim => claim).Select(claim => claim.Id).ToList();
        Assert.Equal(40, ids.Count);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task A_worker_that_outlived_its_lease_writes_nothing()
    {
        await AddAsync(1);
        var queue = Queue();
        var late = (await queue.ClaimAsync(100, Now, s_lease, CancellationToken.None))[^1];

        var after = Now + s_lease;
        var next = (await queue.ClaimAsync(100, after, s_lease, CancellationToken.None)).Single(claim => claim.Id == late.Id);

        Assert.False(await queue.RenewAsync(late, after, s_lease, CancellationToken.None));
        Assert.False(await queue.ReleaseAsync(late, null, CancellationToken.None));
        Assert.True(await queue.ReleaseAsync(next, null, CancellationToken.None));
    }

    private DueQueue Queue() => new(fixture.Get<NpgsqlDataSource>(), OutboxMessage.Table);

    private async Task AddAsync(int count)
    {
        await using var db = fixture.NewContext();
        for (var i = 0; i < count; i++)
        {
            fixture.Get<Outbox>().Add(db, "test", "payload"u8.ToArray());
        }

        await db.SaveChangesAsync();
    }
}
