using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class RateLimiterTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private readonly RateLimiter _limiter = fixture.Get<RateLimiter>();

    [Fact]
    public async Task Exactly_the_allowed_number_passes_however_parallel()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TakeAsync("crowd")));

        Assert.Equal(5, answers.Count(wait => wait is null));
        Assert.All(answers.Where(wait => wait is not null), wait => Assert.InRange(wait!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(13)));
    }

    [Fact]
    public async Task Waiting_as_told_lets_one_more_through()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(await TakeAsync("patient"));
        }

        var wait = await TakeAsync("patient");
        fixture.Clock.Advance(wait!.Value);

        Assert.Null(await TakeAsync("patient"));
        Assert.NotNull(await TakeAsync("patient"));
    }

    private Task<TimeSpan?> TakeAsync(string key) => _limiter.TakeAsync("test", key, RateRule.PerMinute(5), CancellationToken.None);
}
