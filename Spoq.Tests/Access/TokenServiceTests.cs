using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class TokenServiceTests(DatabaseFixture spoq) : IClassFixture<DatabaseFixture>
{
    private static readonly Caller s_caller = new(IPAddress.Loopback, "tests");

    private TokenService Tokens => spoq.Get<TokenService>();

    [Fact]
    public async Task An_access_token_names_its_account_and_grant_and_lasts_an_hour()
    {
        var (grant, tokens) = await IssueAsync();

        Assert.True((await spoq.Get<AccessTokens>().AuthenticateAsync(tokens.AccessToken, CancellationToken.None)).Try(out var caller, out _));
        Assert.Equal((grant.AccountId, grant.Id, FirstPartyClients.Api), (caller.AccountId, caller.GrantId, caller.ClientId));
        Assert.True(caller.Scopes.Contains(Scopes.Account));
        Assert.Equal(spoq.Clock.Now.AddHours(1), caller.ExpiresAt);
    }

    [Fact]
    public async Task A_refresh_token_is_rotated_and_the_next_one_works()
    {
        var (_, tokens) = await IssueAsync();

        var second = await RefreshedAsync(tokens.RefreshToken);
        var third = await RefreshedAsync(second.RefreshToken);

        Assert.Equal(3, new[] { tokens.RefreshToken, second.RefreshToken, third.RefreshToken }.Distinct().Count());
        Assert.True((await spoq.Get<AccessTokens>().AuthenticateAsync(third.AccessToken, CancellationToken.None)).Try(out _, out _));
    }

    [Fact]
    public async Task A_lost_answer_is_told_again_for_ten_seconds_with_the_same_successor()
    {
        var (_, tokens) = await IssueAsync();
        var second = await RefreshedAsync(tokens.RefreshToken);

        spoq.Clock.Advance(TimeSpan.FromSeconds(9));
        var again = await RefreshedAsync(tokens.RefreshToken);

        Assert.Equal(second.RefreshToken, again.RefreshToken);
        await RefreshedAsync(again.RefreshToken);
    }

    [Fact]
    public async Task A_spent_refresh_token_that_comes_back_later_ends_the_whole_family()
    {
        var (grant, tokens) = await IssueAsync();
        var second = await RefreshedAsync(tokens.RefreshToken);

        spoq.Clock.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken));
        Assert.Equal("invalid_grant", await RefusedAsync(second.RefreshToken));
        await Eventually.TrueAsync(async () => await IsRefusedAsync(second.AccessToken), "the access token to die with its family");
        await using var db = spoq.NewContext();
        Assert.Equal(
            ["access.grant_opened", "access.refresh_token_reused", "access.grant_revoked"],
            await db.Set<AuditEntry>().Where(entry => entry.AccountId == grant.AccountId).OrderBy(entry => entry.Id).Select(entry => entry.Action).ToListAsync());
    }

    [Fact]
    public async Task A_hundred_refreshes_at_once_make_one_successor()
    {
        var (grant, tokens) = await IssueAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => RefreshedAsync(tokens.RefreshToken))));

        Assert.Single(answers.Select(answer => answer.RefreshToken).Distinct());
        await using var db = spoq.NewContext();
        Assert.Equal(2, await db.Set<RefreshToken>().CountAsync(token => token.GrantId == grant.Id));
    }

    [Fact]
    public async Task A_refresh_token_is_good_for_its_own_client_only_and_for_thirty_days()
    {
        var (_, tokens) = await IssueAsync();

        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken, "somebody-else"));
        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken[..^1] + (tokens.RefreshToken[^1] == 'A' ? 'B' : 'A')));
        Assert.Equal("invalid_grant", await RefusedAsync(null));
        spoq.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken));
    }

    [Fact]
    public async Task Another_programs_refresh_token_does_not_pass_for_one_of_ours()
    {
        var (_, tokens) = await IssueAsync("dex-a1b2c3d4", "openid");

        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken));
        Assert.True((await Tokens.RefreshAsync(tokens.RefreshToken, "dex-a1b2c3d4", s_caller, CancellationToken.None)).Try(out _, out _));
    }

    [Fact]
    public async Task A_revoked_grant_is_refused_on_every_node_at_once()
    {
        var (grant, tokens) = await IssueAsync();
        var other = spoq.NewNode();
        var elsewhere = other.GetRequiredService<AccessTokens>();
        Assert.True((await elsewhere.AuthenticateAsync(tokens.AccessToken, CancellationToken.None)).Try(out _, out _));

        Assert.Null(await spoq.Get<Grants>().RevokeAsync(grant.AccountId, grant.Id, s_caller, CancellationToken.None));

        // The clock stands still, so only the notice can end what the other node remembers.
        await Eventually.TrueAsync(async () => !(await elsewhere.AuthenticateAsync(tokens.AccessToken, CancellationToken.None)).Try(out _, out _), "the other node to hear of it");
        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken));
        Assert.Equal("not_found", (await spoq.Get<Grants>().RevokeAsync(grant.AccountId, grant.Id, s_caller, CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task Nobody_revokes_somebody_elses_grant()
    {
        var (grant, tokens) = await IssueAsync();

        Assert.Equal("not_found", (await spoq.Get<Grants>().RevokeAsync(await spoq.AddAccountAsync(), grant.Id, s_caller, CancellationToken.None))?.Code);
        Assert.False(await IsRefusedAsync(tokens.AccessToken));
    }

    [Fact]
    public async Task A_changed_password_ends_what_our_own_programs_hold_and_leaves_connected_apps_and_the_one_that_asked()
    {
        var (ours, first) = await IssueAsync();
        await using (var db = spoq.NewContext())
        {
            var cli = spoq.Get<Grants>().Open(db, ours.AccountId, FirstPartyClients.Cli, Scopes.Account, "laptop", s_caller);
            var app = spoq.Get<Grants>().Open(db, ours.AccountId, "dex-a1b2c3d4", "openid", "Dex", s_caller);
            await db.SaveChangesAsync();

            await spoq.Get<Grants>().RevokeFirstPartyAsync(db, ours.AccountId, cli.Id, s_caller, CancellationToken.None);
            await db.SaveChangesAsync();

            var left = await spoq.Get<Grants>().ListAsync(ours.AccountId, CancellationToken.None);
            Assert.Equal(new[] { cli.Id, app.Id }.Order(), left.Select(grant => grant.Id).Order());
        }

        await Eventually.TrueAsync(() => IsRefusedAsync(first.AccessToken), "the token to die");
    }

    [Fact]
    public async Task A_suspended_account_gets_no_new_tokens_and_its_old_ones_fail_in_seconds()
    {
        var (grant, tokens) = await IssueAsync();
        Assert.False(await IsRefusedAsync(tokens.AccessToken));
        await using (var db = spoq.NewContext())
        {
            await db.Users.Where(user => user.Id == grant.AccountId).ExecuteUpdateAsync(set => set.SetProperty(user => user.LockoutEnd, spoq.Clock.Now.AddYears(1)));
        }

        spoq.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.True(await IsRefusedAsync(tokens.AccessToken));
        Assert.Equal("invalid_grant", await RefusedAsync(tokens.RefreshToken));
    }

    [Fact]
    public async Task A_token_for_a_computer_does_not_open_the_api_and_is_of_another_kind()
    {
        var runtime = spoq.Get<RuntimeTokens>();

        var forInstance = await runtime.IssueAsync(await spoq.AddAccountAsync(), Guid.NewGuid(), "alice.localhost", "owner", null, CancellationToken.None);
        var forUs = await runtime.IssueAsync(await spoq.AddAccountAsync(), Guid.NewGuid(), "http://localhost:5080", "owner", null, CancellationToken.None);

        Assert.True(await IsRefusedAsync(forInstance));
        Assert.True(await IsRefusedAsync(forUs));
    }

    [Fact]
    public async Task A_sign_up_that_is_not_confirmed_yet_is_told_apart_until_it_is()
    {
        var signUpId = Guid.CreateVersion7();
        var (_, tokens) = await IssueAsync(accountId: signUpId);
        Assert.True((await spoq.Get<AccessTokens>().AuthenticateAsync(tokens.AccessToken, CancellationToken.None)).Try(out var before, out _));
        await using (var db = spoq.NewContext())
        {
            db.Users.Add(new User { Id = signUpId, Email = $"{signUpId}@example.com", UserName = $"{signUpId}", NormalizedUserName = $"{signUpId}", NormalizedEmail = $"{signUpId}", SecurityStamp = "x", CreatedAt = spoq.Clock.Now });
            await db.SaveChangesAsync();
        }

        Assert.True((await spoq.Get<AccessTokens>().AuthenticateAsync(tokens.AccessToken, CancellationToken.None)).Try(out var after, out _));
        Assert.Equal((false, true), (before.IsConfirmed, after.IsConfirmed));
    }

    private async Task<(Grant Grant, IssuedTokens Tokens)> IssueAsync(string clientId = FirstPartyClients.Api, string scope = Scopes.Account, Guid? accountId = null)
    {
        var owner = accountId ?? await spoq.AddAccountAsync();
        await using var db = spoq.NewContext();
        var grant = spoq.Get<Grants>().Open(db, owner, clientId, scope, null, s_caller);
        var tokens = await Tokens.IssueAsync(db, grant, CancellationToken.None);
        await db.SaveChangesAsync();
        return (grant, tokens);
    }

    private async Task<IssuedTokens> RefreshedAsync(string refreshToken)
    {
        Assert.True((await Tokens.RefreshAsync(refreshToken, null, s_caller, CancellationToken.None)).Try(out var tokens, out var refusal), refusal?.Message);
        return tokens;
    }

    private async Task<string?> RefusedAsync(string? refreshToken, string? clientId = null) =>
        (await Tokens.RefreshAsync(refreshToken, clientId, s_caller, CancellationToken.None)).Try(out _, out var refusal) ? null : refusal.Code;

    private async Task<bool> IsRefusedAsync(string accessToken) => !(await spoq.Get<AccessTokens>().AuthenticateAsync(accessToken, CancellationToken.None)).Try(out _, out _);
}
