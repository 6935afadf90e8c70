using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>How the endpoints for programs say no, and what browsers let pages of others read.</summary>
public sealed class OAuthEndpointTests
{
    [Theory]
    [InlineData("grant_type=password&username=a&password=b", 400, "unsupported_grant_type")]
    [InlineData("grant_type=client_credentials", 400, "unsupported_grant_type")]
    [InlineData("", 400, "invalid_request")]
    [InlineData("grant_type=authorization_code&client_id=dex-a1b2c3d4", 400, "invalid_request")]
    [InlineData("grant_type=authorization_code&client_id=dex-a1b2c3d4&code=x&code=y", 400, "invalid_request")]
    [InlineData("grant_type=authorization_code&client_id=dex-a1b2c3d4&code=unknown&code_verifier=x", 400, "invalid_grant")]
    [InlineData("grant_type=refresh_token&client_id=dex-a1b2c3d4&refresh_token=unknown", 400, "invalid_grant")]
    [InlineData("grant_type=authorization_code&client_id=spoq-cli&code=x", 400, "unauthorized_client")]
    [InlineData("grant_type=refresh_token&refresh_token=x", 401, "invalid_client")]
    [InlineData("grant_type=refresh_token&refresh_token=x&client_id=nobody", 401, "invalid_client")]
    [InlineData("grant_type=refresh_token&refresh_token=x&client_id=dex-a1b2c3d4&client_secret=made-up", 401, "invalid_client")]
    [InlineData("grant_type=refresh_token&refresh_token=%FF%00%zz&client_id=dex-a1b2c3d4", 400, "invalid_request")]
    public async Task The_token_endpoint_says_no_in_the_words_of_the_standard(string body, int status, string error)
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        using var form = new StringContent(body, Encoding.ASCII, "application/x-www-form-urlencoded");

        using var answer = await client.PostAsync(new Uri("/oauth/token", UriKind.Relative), form);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal((status, error), ((int)answer.StatusCode, json.GetProperty("error").GetString()));
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(string.IsNullOrEmpty(json.GetProperty("error_description").GetString()));
    }

    [Fact]
    public async Task A_wrong_secret_by_basic_is_asked_for_again_by_basic()
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("nobody:wrong"u8));
        using var form = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", "x")]);

        using var answer = await client.PostAsync(new Uri("/oauth/token", UriKind.Relative), form);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.StartsWith("Basic", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"redirect_uris\":[\"http://evil.example/cb\"]}", 400, "invalid_redirect_uri")]
    [InlineData("{\"redirect_uris\":[\"https://a.example/cb\"],\"grant_types\":[\"implicit\"]}", 400, "invalid_client_metadata")]
    [InlineData("{\"redirect_uris\":\"https://a.example/cb\"}", 400, "invalid_request")]
    [InlineData("{\"redirect_uris\":[7]}", 400, "invalid_request")]
    [InlineData("not json", 400, "invalid_request")]
    [InlineData("", 400, "invalid_request")]
    [InlineData("[]", 400, "invalid_request")]
    public async Task Registration_says_what_is_wrong(string body, int status, string error)
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        using var json = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await client.PostAsync(new Uri("/oauth/register", UriKind.Relative), json);

        Assert.Equal((status, error), ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task An_id_is_registered_once()
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        var id = $"dex-{Guid.NewGuid():n}"[..12];
        var body = $$"""{"client_id":"{{id}}","client_name":"Dex","redirect_uris":["https://dex.example.com/cb"]}""";

        using var first = await client.PostAsync(new Uri("/oauth/register", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
        using var second = await client.PostAsync(new Uri("/oauth/register", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(id, JsonDocument.Parse(await first.Content.ReadAsStringAsync()).RootElement.GetProperty("client_id").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, second.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/.well-known/oauth-authorization-server")]
    [InlineData("GET", "/.well-known/openid-configuration")]
    [InlineData("GET", "/.well-known/jwks.json")]
    [InlineData("POST", "/oauth/token")]
    [InlineData("POST", "/oauth/revoke")]
    [InlineData("POST", "/oauth/register")]
    [InlineData("GET", "/oauth/userinfo")]
    public async Task A_program_in_somebody_elses_page_may_read_the_answers_without_our_cookies(string method, string path)
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, path);
        preflight.Headers.Add("Origin", "https://spa.example");
        preflight.Headers.Add("Access-Control-Request-Method", method);
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", "https://spa.example");

        using var allowed = await client.SendAsync(preflight);
        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("*", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task The_api_itself_is_not_open_to_other_pages()
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/auth/me");
        request.Headers.Add("Origin", "https://spa.example");

        using var answer = await client.SendAsync(request);

        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_key_set_may_be_kept_for_less_time_than_a_new_key_waits()
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient();

        using var answer = await client.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));

        Assert.True(answer.Headers.CacheControl!.Public);
        Assert.InRange(answer.Headers.CacheControl.MaxAge!.Value, TimeSpan.FromMinutes(1), KeyRotation.Lead);
    }

    [Fact]
    public async Task A_token_that_we_signed_for_somebody_or_something_else_opens_nothing()
    {
        var server = await SpoqServer.SharedAsync();
        var node = await AccessBeside.SharedAsync();
        var account = await node.AddAccountAsync();
        using var visitor = new OAuthVisitor(server);
        var honest = (await node.GrantAsync(account, "dex-a1b2c3d4", "openid")).AccessToken;
        var keys = node.Services.GetRequiredService<SigningKeys>();
        var grantId = Assert.Single(await node.Services.GetRequiredService<Grants>().ListAsync(account, CancellationToken.None)).Id;
        var now = TimeProvider.System.GetUtcNow();
        var issuer = server.BaseUrl.AbsoluteUri.TrimEnd('/');
        var right = new TokenClaims { Issuer = issuer, Subject = account.ToString(), Audience = issuer, IssuedAt = now, ExpiresAt = now.AddHours(1), ClientId = "dex-a1b2c3d4", Scope = "openid", GrantId = grantId.ToString() };
        Task<string> Sign(TokenClaims claims, string type = TokenTypes.AccessToken) => keys.SignAsync(claims, type, CancellationToken.None);

        string[] bad =
        [
            await Sign(right with { Issuer = "https://elsewhere.example" }), await Sign(right with { Issuer = issuer + "/" }), await Sign(right with { Audience = "alice.localhost" }), await Sign(right with { Audience = "dex-a1b2c3d4" }),
            await Sign(right, TokenTypes.Jwt), await Sign(right with { IssuedAt = now.AddHours(-2), ExpiresAt = now.AddHours(-1) }), await Sign(right with { NotBefore = now.AddHours(1) }), await Sign(right with { GrantId = null }),
            await Sign(right with { GrantId = Guid.NewGuid().ToString() }), await Sign(right with { Subject = Guid.NewGuid().ToString() }), await Sign(right with { ClientId = null }),
        ];

        Assert.Equal(HttpStatusCode.OK, await visitor.UserInfoAsync(honest));
        Assert.Equal(HttpStatusCode.OK, await visitor.UserInfoAsync(await Sign(right)));
        foreach (var token in bad)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await visitor.UserInfoAsync(token));
        }
    }
}
