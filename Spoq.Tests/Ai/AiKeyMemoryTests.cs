using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>What a node remembers of keys: enough to serve, never without bound.</summary>
public sealed class AiKeyMemoryTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static readonly IPAddress s_here = IPAddress.Parse("203.0.113.9");

    [Fact]
    public async Task Ten_thousand_random_keys_cost_a_bounded_number_of_queries()
    {
        var node = database.NewNode();
        var keys = node.GetRequiredService<AiKeys>();
        var codes = new Dictionary<string, int>();
        for (var i = 0; i < 10_000; i++)
        {
            var found = await keys.FindAsync(new PresentedKey(ApiKeyText.Write(RandomNumberGenerator.GetBytes(32))), s_here, CancellationToken.None);
            Assert.False(found.Try(out _, out var no));
            codes[no.Code] = codes.GetValueOrDefault(no.Code) + 1;
        }

        // Each one that was asked for was found to be none; the others were turned away unasked.
        Assert.Equal((Strangers.AtOnce, 10_000 - Strangers.AtOnce), (codes["invalid_token"], codes["too_many_unknown_keys"]));
        var (secret, _) = await NewKeyAsync();
        Assert.True((await keys.FindAsync(new PresentedKey(secret), IPAddress.Parse("203.0.113.10"), CancellationToken.None)).Try(out _, out _));
        Assert.InRange(keys.Held, 0, Strangers.AtOnce + 10);
    }

    [Fact]
    public async Task Who_is_known_is_let_in_whatever_strangers_do_from_the_same_address()
    {
        var keys = database.NewNode().GetRequiredService<AiKeys>();
        var (secret, _) = await NewKeyAsync();
        Assert.True((await keys.FindAsync(new PresentedKey(secret), s_here, CancellationToken.None)).Try(out _, out _));
        for (var i = 0; i < 2 * Strangers.AtOnce; i++)
        {
            await keys.FindAsync(new PresentedKey(ApiKeyText.Write(RandomNumberGenerator.GetBytes(32))), s_here, CancellationToken.None);
        }

        Assert.True((await keys.FindAsync(new PresentedKey(secret), s_here, CancellationToken.None)).Try(out _, out _));
    }

    [Fact]
    public async Task Nothing_stays_of_keys_and_accounts_that_are_gone()
    {
        var node = database.NewNode();
        var (keys, refresh) = (node.GetRequiredService<AiKeys>(), node.GetRequiredService<AiKeysRefresh>());
        await refresh.RunOnceAsync(CancellationToken.None);
        var before = keys.Held;
        var made = new List<(string Secret, Guid Id)>();
        for (var i = 0; i < 50; i++)
        {
            made.Add(await NewKeyAsync());
            Assert.True((await keys.FindAsync(new PresentedKey(made[^1].Secret), IPAddress.Parse($"198.51.100.{i}"), CancellationToken.None)).Try(out _, out _));
        }

        Assert.InRange(keys.Held, before + 250, int.MaxValue);
        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        {
            await using var end = source.CreateCommand("update api_keys set revoked_at = now() where id = any($1)");
            end.Parameters.Add(new() { Value = made.Select(key => key.Id).ToArray() });
            Assert.Equal(50, await end.ExecuteNonQueryAsync());
        }

        for (var round = 0; round < 3; round++)
        {
            database.Clock.Advance(TimeSpan.FromMinutes(1));
            await refresh.RunOnceAsync(CancellationToken.None);
        }

        Assert.Equal(before, keys.Held);
    }

    [Fact]
    public async Task What_nobody_confirmed_for_an_hour_is_believed_no_more()
    {
        var node = database.NewNode();
        var keys = node.GetRequiredService<AiKeys>();
        var (secret, _) = await NewKeyAsync();
        Assert.True((await keys.FindAsync(new PresentedKey(secret), s_here, CancellationToken.None)).Try(out _, out _));
        database.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.True((await keys.FindAsync(new PresentedKey(secret), s_here, CancellationToken.None)).Try(out _, out _));
        database.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.False((await keys.FindAsync(new PresentedKey(secret), s_here, CancellationToken.None)).Try(out _, out var no));
        Assert.Equal("keys_unavailable", no.Code);
        await node.GetRequiredService<AiKeysRefresh>().RunOnceAsync(CancellationToken.None);
        Assert.True((await keys.FindAsync(new PresentedKey(secret), s_here, CancellationToken.None)).Try(out _, out _));
    }

    private async Task<(string Secret, Guid Id)> NewKeyAsync()
    {
        var terms = new ApiKeyTerms("A program", Scopes.Ai, null, null);
        var made = await database.Get<ApiKeyService>().CreateAsync(await database.AddAccountAsync(), terms, new Caller(s_here, "tests"), CancellationToken.None);
        Assert.True(made.Try(out var issued, out var no), no?.Message);
        return (issued.Secret, issued.Key.Id);
    }
}
