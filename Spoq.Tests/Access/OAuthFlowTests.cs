using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>The authorization code flow on the real server, by plain HTTP.</summary>
public sealed class OAuthFlowTests
{
    [Fact]
    public async Task A_person_says_yes_and_the_program_gets_its_tokens()
    {
        using var visitor = await SignedUpAsync();

        var answer = await visitor.AnswerAsync(OAuthVisitor.Request());
        var said = QueryHelpers.ParseQuery(answer.Query);
        var (status, tokens) = await visitor.RedeemAsync(said["code"].ToString());

        Assert.Equal(OAuthVisitor.Callback, answer.GetLeftPart(UriPartial.Path));
        Assert.Equal("a state & more", said["state"]);
        Assert.Equal((await SpoqServer.SharedAsync()).BaseUrl.AbsoluteUri.TrimEnd('/'), said["iss"]);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(("Bearer", 3600, "openid profile"), (tokens.GetProperty("token_type").GetString(), tokens.GetProperty("expires_in").GetInt32(), tokens.GetProperty("scope").GetString()));
        var claims = Claims(tokens.GetProperty("id_token").GetString()!);
        Assert.Equal((OAuthVisitor.Dex, "n-1"), (claims.GetProperty("aud").GetString(), claims.GetProperty("nonce").GetString()));
        Assert.True(claims.TryGetProperty("auth_time", out _));
        Assert.Equal(HttpStatusCode.OK, await visitor.UserInfoAsync(tokens.GetProperty("access_token").GetString()!));
        Assert.Equal(HttpStatusCode.Unauthorized, await visitor.UserInfoAsync(tokens.GetProperty("id_token").GetString()!));
    }

    [Fact]
    public async Task A_no_is_told_to_the_program()
    {
        using var visitor = await SignedUpAsync();

        var said = QueryHelpers.ParseQuery((await visitor.AnswerAsync(OAuthVisitor.Request(), "cancel")).Query);

        Assert.Equal(("access_denied", "a state & more"), (said["error"].ToString(), said["state"].ToString()));
        Assert.False(said.ContainsKey("code"));
    }

    [Fact]
    public async Task Every_redirect_that_is_not_the_registered_one_is_shown_as_a_page_and_never_followed()
    {
        using var visitor = await SignedUpAsync();
        var (_, client) = await RegisterAsync(visitor, """{"client_name":"Dash","redirect_uris":["https://app.example.com/cb"],"token_endpoint_auth_method":"none"}""");
        var id = client.GetProperty("client_id").GetString();
        var mutations = ((IEnumerable<object[]>)RedirectUriTests.Mutations).Select(row => (string)row[0]).ToList();
        Assert.True(mutations.Count >= 40);

        foreach (var mutation in mutations)
        {
            using var answer = await visitor.Person.Http.GetAsync(new Uri(OAuthVisitor.Request(("client_id", id), ("redirect_uri", mutation)), UriKind.Relative));

            Assert.Equal((mutation, HttpStatusCode.BadRequest), (mutation, answer.StatusCode));
            Assert.Null(answer.Headers.Location);
            Assert.Contains("This request cannot be answered", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var right = await visitor.Person.Http.GetAsync(new Uri(OAuthVisitor.Request(("client_id", id), ("redirect_uri", "https://app.example.com/cb")), UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Theory]
    [InlineData("client_id", "nobody")]
    [InlineData("client_id", null)]
    [InlineData("client_id", "spoq-cli")]
    [InlineData("client_id", "spoq-api")]
    [InlineData("redirect_uri", null)]
    public async Task A_stranger_is_shown_as_a_page(string name, string? value)
    {
        using var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());

        using var answer = await visitor.Person.Http.GetAsync(new Uri(OAuthVisitor.Request((name, value)), UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
    }

    [Fact]
    public async Task Who_is_not_signed_in_signs_in_and_comes_back_with_everything_preserved()
    {
        using var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());
        var request = OAuthVisitor.Request(("state", new string('s', 1500) + " ü&=?"));

        using var answer = await visitor.Person.Http.GetAsync(new Uri(request, UriKind.Relative));
        using var page = await visitor.Person.Http.GetAsync(answer.Headers.Location);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.StartsWith("/login?", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(request, QueryHelpers.ParseQuery(answer.Headers.Location.ToString().Split('?', 2)[1])["return_url"]);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Theory]
    [InlineData(false, "openid", "login_required")]
    [InlineData(true, "openid", "consent_required")]
    [InlineData(true, "openid ai", "interaction_required")]
    public async Task A_request_that_forbids_to_ask_is_told_what_is_missing(bool isSignedIn, string scope, string error)
    {
        using var visitor = isSignedIn ? await SignedUpAsync() : new OAuthVisitor(await SpoqServer.SharedAsync());

        using var answer = await visitor.Person.Http.GetAsync(new Uri(OAuthVisitor.Request(("prompt", "none"), ("scope", scope)), UriKind.Relative));

        Assert.StartsWith(OAuthVisitor.Callback, answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        var said = QueryHelpers.ParseQuery(answer.Headers.Location.Query);
        Assert.Equal((error, "a state & more"), (said["error"].ToString(), said["state"].ToString()));
        Assert.True(said.ContainsKey("iss"));
    }

    [Fact]
    public async Task Who_has_no_plan_is_led_to_one_and_the_request_waits()
    {
        using var visitor = await SignedUpAsync();
        var request = OAuthVisitor.Request(("scope", "openid ai"));

        using var answer = await visitor.Person.Http.GetAsync(new Uri(request, UriKind.Relative));

        Assert.StartsWith("/setup?", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(request, QueryHelpers.ParseQuery(answer.Headers.Location.ToString().Split('?', 2)[1])["next"]);
    }

    [Fact]
    public async Task The_consent_page_cannot_be_framed_kept_or_pressed_from_elsewhere()
    {
        using var visitor = await SignedUpAsync();
        var request = OAuthVisitor.Request();

        using var page = await visitor.Person.Http.GetAsync(new Uri(request, UriKind.Relative));
        using var forged = await visitor.Person.SubmitAsync(request, "consent", "not-the-token", "decision=authorize");

        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("form-action 'self' http://localhost:3999;", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", Assert.Single(page.Headers.GetValues("Referrer-Policy")));
        Assert.True(page.Headers.CacheControl!.NoStore);
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        Assert.Null(forged.Headers.Location);
    }

    [Fact]
    public async Task A_request_may_come_as_a_form()
    {
        using var visitor = await SignedUpAsync();
        using var form = new FormUrlEncodedContent(QueryHelpers.ParseQuery(OAuthVisitor.Request().Split('?', 2)[1]).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString())));

        using var answer = await visitor.Person.Http.PostAsync(new Uri("/oauth/authorize", UriKind.Relative), form);
        using var page = await visitor.Person.Http.GetAsync(answer.Headers.Location);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Contains("Authorize dex-a1b2c3d4?", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_redeemed_a_hundred_times_at_once_gives_tokens_once_and_they_die()
    {
        using var visitor = await SignedUpAsync();
        var code = await visitor.CodeAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => visitor.RedeemAsync(code)));

        var won = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Equal("invalid_grant", answer.Body.GetProperty("error").GetString()));
        await Eventually.TrueAsync(
            async () => await visitor.UserInfoAsync(won.Body.GetProperty("access_token").GetString()!) == HttpStatusCode.Unauthorized, "what the code gave to be taken back");
        Assert.Equal("invalid_grant", (await visitor.RefreshAsync(won.Body.GetProperty("refresh_token").GetString()!)).Body.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_refresh_token_redeemed_a_hundred_times_at_once_has_one_successor()
    {
        using var visitor = await SignedUpAsync();
        var (_, tokens) = await visitor.RedeemAsync(await visitor.CodeAsync());

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => visitor.RefreshAsync(tokens.GetProperty("refresh_token").GetString()!)));

        Assert.Single(answers.Select(answer => answer.Body.GetProperty("refresh_token").GetString()).Distinct());
    }

    [Fact]
    public async Task A_code_without_its_proof_or_in_other_hands_is_worth_nothing_and_stays_good_for_its_owner()
    {
        using var visitor = await SignedUpAsync();
        var code = await visitor.CodeAsync();

        Assert.Equal("invalid_grant", (await visitor.RedeemAsync(code, verifier: OAuthVisitor.Challenge)).Body.GetProperty("error").GetString());
        Assert.Equal("invalid_grant", (await visitor.RedeemAsync(code, clientId: "cat-a1b2c3d4")).Body.GetProperty("error").GetString());
        Assert.Equal(HttpStatusCode.OK, (await visitor.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task A_revoked_app_is_out_within_a_minute()
    {
        using var visitor = await SignedUpAsync();
        var (_, tokens) = await visitor.RedeemAsync(await visitor.CodeAsync());
        var accessToken = tokens.GetProperty("access_token").GetString()!;
        Assert.Equal(HttpStatusCode.OK, await visitor.UserInfoAsync(accessToken));
        var accountId = Claims(accessToken).GetProperty("sub").GetGuid();
        var node = await AccessBeside.SharedAsync();
        var apps = node.Services.GetRequiredService<ConnectedApps>();

        var app = Assert.Single(await apps.ListAsync(accountId, CancellationToken.None));
        Assert.Equal(("dex-a1b2c3d4", "localhost:3999"), (app.Name, app.Place));
        Assert.NotNull(app.LastUsedAt);
        Assert.Null(await apps.RevokeAsync(accountId, app.Id, new Caller(null, null), CancellationToken.None));

        await Eventually.TrueAsync(async () => await visitor.UserInfoAsync(accessToken) == HttpStatusCode.Unauthorized, "the token to be refused", TimeSpan.FromSeconds(60));
        Assert.Empty(await apps.ListAsync(accountId, CancellationToken.None));
    }

    private static async Task<OAuthVisitor> SignedUpAsync()
    {
        var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());
        await visitor.Person.SignUpAsync();
        return visitor;
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> RegisterAsync(OAuthVisitor visitor, string json)
    {
        using var body = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await visitor.Program.PostAsync(new Uri("/oauth/register", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private static JsonElement Claims(string token) => JsonDocument.Parse(WebEncoders.Base64UrlDecode(token.Split('.')[1])).RootElement;
}
