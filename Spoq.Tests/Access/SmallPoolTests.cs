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
        var tokens = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            tokens.Add((await IssueAsync()).RefreshToken);
        }

        var answers = await RacedAsync(again, n => spoq.Get<TokenService>().RefreshAsync(tokens[n], null, s_caller, CancellationToken.None));

        Assert.All(answers, answer => Assert.True(answer.Try(out _, out var no), no?.Message));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_codes_redeemed_at_once_do_not_starve_while_the_signing_keys_are_read_anew(bool again)
    {
        var client = (await spoq.Get<OAuthClients>().FindAsync("dex-a1b2c3d4", CancellationToken.None))!;
        var asked = OAuthVisitor.Request().Split('?', 2)[1];
        var parameters = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(asked).ToLookup(pair => pair.Key, pair => pair.Value.ToString());
        var request = Assert.IsType<AuthorizationReading.Fine>(AuthorizationRequest.Read(parameters, client, "http://localhost:5080")).Request;
        var account = await spoq.AddAccountAsync();
        var authorizations = spoq.Get<AuthorizationService>();
        var codes = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            codes.Add(await authorizations.ApproveAsync(request, account, spoq.Clock.Now, s_caller, CancellationToken.None));
        }

        var answers = await RacedAsync(again, n => authorizations.RedeemAsync(client, codes[n], OAuthVisitor.Callback, OAuthVisitor.Verifier, s_caller, CancellationToken.None));

        Assert.All(answers, answer => Assert.True(answer.Try(out var issued, out var no) && issued.IdToken is not null, no?.Message));
    }

    /// <param name="again">Also while they are at it, as news of a rotation may come at any moment.</param>
    private async Task<T[]> RacedAsync<T>(bool again, Func<int, Task<T>> one)
    {
        var keys = spoq.Get<SigningKeys>();
        keys.Forget();
        using var over = new CancellationTokenSource();
        var forgetting = again ? Task.Run(() => ForgetAsync(keys, over.Token)) : Task.CompletedTask;
        try
        {
            return await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Task.Run(() => one(n)))).WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            await over.CancelAsync();
            await forgetting;
        }
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
    protected override async Task<string> OpenDatabaseAsync() =>
        new NpgsqlConnectionStringBuilder(await base.OpenDatabaseAsync()) { MaxPoolSize = 4, Timeout = 10 }.ConnectionString;
}
