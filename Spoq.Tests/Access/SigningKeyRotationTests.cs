using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class SigningKeyRotationTests : IAsyncLifetime
{
    private readonly DatabaseFixture _spoq = new();

    public Task InitializeAsync() => _spoq.InitializeAsync();

    public Task DisposeAsync() => _spoq.DisposeAsync();

    [Fact]
    public async Task A_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_died()
    {
        var before = await TokenAsync();
        var old = Assert.Single(await PublishedAsync());

        var made = await _spoq.Get<SigningKeyRotation>().RotateAsync(CancellationToken.None);

        Assert.Equal(2, (await PublishedAsync()).Count);
        Assert.Equal(old, KidOf(await TokenAsync()));
        _spoq.Clock.Advance(KeyRotation.Lead);
        var after = await TokenAsync();
        Assert.Equal(made, KidOf(after));
        Assert.True(await IsGoodAsync(before) && await IsGoodAsync(after));
        _spoq.Clock.Advance(TimeSpan.FromMinutes(44));
        Assert.True(await IsGoodAsync(before));
        Assert.Equal(2, (await PublishedAsync()).Count);
        _spoq.Clock.Advance(SigningKey.Overlap);
        Assert.Equal([made], await PublishedAsync());
    }

    [Fact]
    public async Task A_node_whose_clock_is_behind_makes_no_second_first_key()
    {
        var first = KidOf(await TokenAsync());
        _spoq.Clock.Now -= TimeSpan.FromSeconds(2);

        var token = await TokenAsync(_spoq.NewNode());

        Assert.Equal(first, KidOf(token));
        Assert.Equal([first], await PublishedAsync());
        Assert.True(await IsGoodAsync(token));
    }

    [Fact]
    public async Task The_clock_rotates_every_thirty_days_and_not_sooner()
    {
        var first = KidOf(await TokenAsync());
        var rotation = _spoq.Get<SigningKeyRotation>();

        _spoq.Clock.Advance(KeyRotation.Every - TimeSpan.FromMinutes(1));
        await rotation.RunAsync(CancellationToken.None);
        Assert.Single(await PublishedAsync());
        _spoq.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => rotation.RunAsync(CancellationToken.None)));
        Assert.Equal(2, (await PublishedAsync()).Count);
        _spoq.Clock.Advance(KeyRotation.Lead);

        Assert.NotEqual(first, KidOf(await TokenAsync()));
    }

    [Fact]
    public async Task Another_node_hears_of_it_before_the_new_key_signs()
    {
        await TokenAsync();
        var elsewhere = _spoq.NewNode().GetRequiredService<SigningKeys>();
        Assert.Single((await elsewhere.PublishedAsync(CancellationToken.None)).Keys);

        await _spoq.Get<SigningKeyRotation>().RotateAsync(CancellationToken.None);

        // The clock stands still, so only the notice can tell it.
        await Eventually.TrueAsync(async () => (await elsewhere.PublishedAsync(CancellationToken.None)).Keys.Count == 2, "the other node to publish the new key");
    }

    [Fact]
    public async Task One_new_key_waits_at_a_time()
    {
        await TokenAsync();
        var rotation = _spoq.Get<SigningKeyRotation>();

        Assert.NotNull(await rotation.RotateAsync(CancellationToken.None));
        Assert.Null(await rotation.RotateAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_stolen_key_is_withdrawn_at_once()
    {
        var before = await TokenAsync();

        var made = await _spoq.Get<SigningKeyRotation>().ReplaceAsync(CancellationToken.None);

        await Eventually.TrueAsync(async () => !await IsGoodAsync(before), "tokens of the old key to be refused");
        Assert.Equal([made], await PublishedAsync());
        Assert.True(await IsGoodAsync(await TokenAsync()));
    }

    private async Task<string> TokenAsync(IServiceProvider? node = null)
    {
        await using var db = _spoq.NewContext();
        var services = node ?? _spoq.Services;
        var grant = services.GetRequiredService<Grants>().Open(db, await _spoq.AddAccountAsync(), FirstPartyClients.Api, Scopes.Account, null, new Caller(null, null));
        var tokens = await services.GetRequiredService<TokenService>().IssueAsync(db, grant, CancellationToken.None);
        await db.SaveChangesAsync();
        return tokens.AccessToken;
    }

    private async Task<bool> IsGoodAsync(string token) => (await _spoq.Get<AccessTokens>().AuthenticateAsync(token, CancellationToken.None)).Try(out _, out _);

    private async Task<List<string?>> PublishedAsync() => [.. (await _spoq.Get<SigningKeys>().PublishedAsync(CancellationToken.None)).Keys.Select(key => key.Kid)];

    private static string KidOf(string token)
    {
        Assert.True(StrictBase64Url.TryDecode(token.Split('.')[0], out var head));
        return System.Text.Json.JsonDocument.Parse(head).RootElement.GetProperty("kid").GetString()!;
    }
}
