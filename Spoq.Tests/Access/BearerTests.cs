using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>The door for programs, on the real server: a hub asks for the scope <c>instance</c>.</summary>
public sealed class BearerTests
{
    private const string Hub = "/hubs/instances/negotiate?negotiateVersion=1";

    [Fact]
    public async Task Without_a_token_the_answer_asks_for_one_and_names_no_error()
    {
        using var answer = await PostAsync(null);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_token_with_the_scope_is_let_in_and_one_without_is_told_which_is_missing()
    {
        var node = await AccessBeside.SharedAsync();
        var account = await node.AddAccountAsync();

        using var allowed = await PostAsync((await node.GrantAsync(account, "dex-a1b2c3d4", Scopes.Instance)).AccessToken);
        using var everything = await PostAsync((await node.GrantAsync(account, FirstPartyClients.Api, Scopes.Account)).AccessToken);
        using var refused = await PostAsync((await node.GrantAsync(account, "dex-a1b2c3d4", "openid ai")).AccessToken);

        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, everything.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("insufficient_scope", await CodeAsync(refused));
        Assert.Equal("Bearer error=\"insufficient_scope\", scope=\"instance\"", refused.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    [InlineData("spoq_live_nonsense")]
    public async Task What_is_no_token_of_ours_is_refused(string token)
    {
        using var answer = await PostAsync(token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("invalid_token", await CodeAsync(answer));
        Assert.StartsWith("Bearer error=\"invalid_token\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_beside_a_bad_token_does_not_help()
    {
        using var visitor = new HttpVisitor(await SpoqServer.SharedAsync());
        await visitor.SignUpAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, Hub);
        using var withCookie = await visitor.Http.PostAsync(new Uri(Hub, UriKind.Relative), null);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "a.b.c");

        using var withBoth = await visitor.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, withCookie.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, withBoth.StatusCode);
    }

    [Fact]
    public async Task A_revoked_grant_is_refused_by_the_running_server_within_seconds()
    {
        var node = await AccessBeside.SharedAsync();
        var account = await node.AddAccountAsync();
        var token = (await node.GrantAsync(account, FirstPartyClients.Cli, Scopes.Account)).AccessToken;
        using var before = await PostAsync(token);
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        var grants = node.Services.GetRequiredService<Grants>();
        var grant = Assert.Single(await grants.ListAsync(account, CancellationToken.None));
        Assert.NotNull(grant.LastUsedAt);
        Assert.Null(await grants.RevokeAsync(account, grant.Id, new Caller(null, null), CancellationToken.None));

        await Eventually.TrueAsync(
            async () =>
            {
                using var after = await PostAsync(token);
                return after.StatusCode == HttpStatusCode.Unauthorized;
            },
            "the server to hear of the revocation, before the fifteen seconds for which it believes what it knew",
            TimeSpan.FromSeconds(13));
    }

    [Fact]
    public async Task Pages_are_for_cookies_only()
    {
        var node = await AccessBeside.SharedAsync();
        var token = (await node.GrantAsync(await node.AddAccountAsync(), FirstPartyClients.Api, Scopes.Account)).AccessToken;
        using var client = (await SpoqServer.SharedAsync()).NewClient(followRedirects: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var page = await client.GetAsync(new Uri("/dashboard", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(string? token)
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await client.PostAsync(new Uri(Hub, UriKind.Relative), null);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString();
}
