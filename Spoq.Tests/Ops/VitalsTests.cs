using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class VitalsTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task A_payment_notice_that_nobody_works_off_makes_the_queue_late()
    {
        Assert.False((await TakeAsync()).IsQueueLate);

        await using var db = fixture.NewContext();
        await db.Database.ExecuteSqlAsync($"""
            insert into stripe_inbox (id, event_id, type, body, received_at, outcome, due_at, lease_token, attempts)
            values ({Guid.NewGuid()}, 'evt_waiting', 'invoice.paid', ''::bytea, {fixture.Clock.Now}, 'waiting', {fixture.Clock.Now}, 0, 0)
            """);
        fixture.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(TimeSpan.FromMinutes(6), (await TakeAsync()).QueueAge);
        Assert.True((await TakeAsync()).IsQueueLate);
    }

    private Task<VitalSigns> TakeAsync() => new Vitals(fixture.Get<NpgsqlDataSource>(), fixture.Clock).TakeAsync(CancellationToken.None);
}
