using System.Net;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>Many at once with few connections: who holds a row must not wait for a second connection, which the others hold.</summary>
public sealed class SmallPoolTests(SmallPool spoq) : IClassFixture<SmallPool>
{
    private static readonly Caller s_caller = new(IPAddress.Loopback, "tests");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_refreshes_at_once_do_not_starve_while_the_signing_keys_are_read_anew(bool again)
    {
        var tokens = new[] { (await IssueAsync()).RefreshToken, (await IssueAsync()).RefreshToken };

        var answers = await RacedAsync(again, n => spoq.Get<TokenService>().RefreshAsync(tokens[n % 2], null, s_caller, CancellationToken.None));

        Assert.Equal(2, answers.Select(answer => answer.Try(out var issued, out var no) ? issued.RefreshToken : no.Message).Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_codes_redeemed_at_once_do_not_starve_while_the_signing_keys_are_read_anew(bool again)
    {
        var client = (await spoq.Get<OAuthClients>().FindAsync(OAuthVisitor.Dex, CancellationToken.None))!;
        var account = await spoq.AddAccountAsync();
        var authorizations = spoq.Get<AuthorizationService>();
        var codes = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            codes.Add(await spoq.Services.ApprovedCodeAsync(account, spoq.Clock.Now));
        }

        var answers = await RacedAsync(again, n => authorizations.RedeemAsync(client, codes[n], OAuthVisitor.Callback, OAuthVisitor.Verifier, s_caller, CancellationToken.None));

        Assert.All(answers, answer => Assert.True(answer.Try(out var issued, out var no) && issued.IdToken is not null, no?.Message));
    }

    /// <param name="again">Also while they are at it, as news of a rotation may come at any moment.</param>
    private async Task<T[]> RacedAsync<T>(bool again, Func<int, Task<T>> one)
    {
        await Task.WhenAll(Enumerable.Range(0, SmallPool.Connections).Select(_ => OpenAsync()));
        var keys = spoq.Get<SigningKeys>();
        keys.Forget();
        using var over = new CancellationTokenSource();
        var forgetting = again ? Task.Run(() => ForgetAsync(keys, over.Token)) : Task.CompletedTask;
        try
        {
            return await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Task.Run(() => one(n)))).WaitAsync(TimeSpan.FromSeconds(180));
        }
        finally
        {
            await over.CancelAsync();
            await forgetting;
        }
    }

    /// <summary>So that all of them are there, and the first few callers come in together.</summary>
    private async Task OpenAsync()
    {
        await using var db = spoq.NewContext();
        await db.Database.ExecuteSqlAsync($"select pg_sleep(0.05)");
    }

    private static async Task ForgetAsync(SigningKeys keys, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            keys.Forget();
            await Task.Yield();
        }
    }

    private async Task<IssuedTokens> IssueAsync()
    {
        var account = await spoq.AddAccountAsync();
        await using var db = spoq.NewContext();
        var grant = spoq.Get<Grants>().Open(db, account, FirstPartyClients.Api, Scopes.Account, null, s_caller);
        var tokens = await spoq.Get<TokenService>().IssueAsync(db, grant, CancellationToken.None);
        await db.SaveChangesAsync();
        return tokens;
    }
}

/// <summary>Four connections; who waits ten seconds for one is told that there is none.</summary>
public sealed class SmallPool : DatabaseFixture
{
    public const int Connections = 4;

    protected override async Task<string> OpenDatabaseAsync() =>
        new NpgsqlConnectionStringBuilder(await base.OpenDatabaseAsync()) { MaxPoolSize = Connections, Timeout = 90 }.ConnectionString;
}
