using System.Security.Cryptography;
using System.Text;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class IdempotencyKeysTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private IdempotencyKeys Keys => fixture.Get<IdempotencyKeys>();

    [Fact]
    public async Task Of_a_hundred_repeats_at_once_one_runs_and_all_get_its_answer()
    {
        var write = await WriteAsync();
        var runs = 0;

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            var turn = await TurnAsync(write);
            if (turn.RunId is { } runId)
            {
                Interlocked.Increment(ref runs);
                await Keys.KeepAsync(write, runId, Answer("made"), CancellationToken.None);
                return "made";
            }

            return Encoding.UTF8.GetString(turn.Kept!.Body);
        }));

        Assert.Equal(1, runs);
        Assert.All(answers, answer => Assert.Equal("made", answer));
    }

    [Fact]
    public async Task The_same_key_with_another_body_or_address_is_refused()
    {
        var write = await WriteAsync();
        await Keys.KeepAsync(write, (await TurnAsync(write)).RunId!.Value, Answer("made"), CancellationToken.None);

        foreach (var other in new[] { write with { BodyHash = SHA256.HashData([1]) }, write with { Endpoint = "POST /elsewhere" } })
        {
            Assert.False((await Keys.BeginAsync(other, CancellationToken.None)).Try(out _, out var refusal));
            Assert.Equal("idempotency_key_reused", refusal.Code);
        }
    }

    [Fact]
    public async Task A_refused_write_leaves_its_key_free()
    {
        var write = await WriteAsync();
        await Keys.ReleaseAsync(write, (await TurnAsync(write)).RunId!.Value, CancellationToken.None);

        Assert.NotNull((await TurnAsync(write with { BodyHash = SHA256.HashData([2]) })).RunId);
    }

    [Fact]
    public async Task The_same_key_of_another_account_is_another_key()
    {
        var write = await WriteAsync();
        await TurnAsync(write);

        Assert.NotNull((await TurnAsync(write with { AccountId = await fixture.AddAccountAsync() })).RunId);
    }

    [Fact]
    public async Task A_run_that_died_is_taken_over_and_writes_nothing_any_more()
    {
        var write = await WriteAsync();
        var dead = (await TurnAsync(write)).RunId!.Value;
        fixture.Clock.Advance(TimeSpan.FromMinutes(3));
        var next = (await TurnAsync(write)).RunId!.Value;
        await Keys.KeepAsync(write, dead, Answer("too late"), CancellationToken.None);
        await Keys.KeepAsync(write, next, Answer("in time"), CancellationToken.None);

        Assert.Equal("in time", Encoding.UTF8.GetString((await TurnAsync(write)).Kept!.Body));
    }

    [Fact]
    public async Task After_a_day_a_key_is_new_again()
    {
        var write = await WriteAsync();
        await Keys.KeepAsync(write, (await TurnAsync(write)).RunId!.Value, Answer("made"), CancellationToken.None);
        fixture.Clock.Advance(TimeSpan.FromHours(25));

        Assert.NotNull((await TurnAsync(write with { BodyHash = SHA256.HashData([3]) })).RunId);
    }

    private static KeptAnswer Answer(string body) => new(201, "application/json", null, Encoding.UTF8.GetBytes(body));

    private async Task<NamedWrite> WriteAsync() => new(await fixture.AddAccountAsync(), Guid.NewGuid().ToString(), "POST /somewhere", SHA256.HashData([]));

    private async Task<NamedWriteTurn> TurnAsync(NamedWrite write)
    {
        Assert.True((await Keys.BeginAsync(write, CancellationToken.None)).Try(out var turn, out var refusal), refusal?.Code);
        return turn!;
    }
}
