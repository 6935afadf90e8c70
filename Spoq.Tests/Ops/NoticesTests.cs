using System.Collections.Concurrent;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class NoticesTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task Two_that_are_first_to_listen_at_once_are_both_heard()
    {
        var notices = fixture.Get<Notices>();
        for (var round = 0; round < 200; round++)
        {
            var heard = new ConcurrentDictionary<int, bool>();
            using var together = new Barrier(2);
            var channel = $"first_{round}";
            var listening = await Task.WhenAll(Enumerable.Range(0, 2).Select(who => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return notices.Listen(channel, _ => heard[who] = true);
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            await using (var db = fixture.NewContext())
            {
                await Eventually.TrueAsync(
                    async () =>
                    {
                        await Notices.PublishAsync(db, channel, "x", CancellationToken.None);
                        return heard.Count == 2;
                    },
                    $"both listeners of {channel}");
            }

            Array.ForEach(listening, each => each.Dispose());
        }
    }
}
