using System.Text.Json;
using System.Text.RegularExpressions;
using Spoq.Tests.Access;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Foreign;

/// <summary>Client libraries as their makers ship them, against the real server; the person is a real browser, or plain HTTP.</summary>
public sealed class ForeignClientTests
{
    [NodeFact]
    public async Task Openid_client_connects_with_a_person_at_chromium()
    {
        var server = await SpoqServer.SharedAsync();
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors);
        var customer = new Customer(page, server);
        await customer.SignUpAsync();

        var result = await RunAsync("openid-client.mjs", new() { ["ISSUER"] = Issuer(server), ["SCOPE"] = "openid profile" }, async address =>
        {
            await page.GotoAsync(address.AbsoluteUri);
            await page.ShotAsync("consent-1280-light");
            await customer.PressAsync("Authorize");
            await page.WaitForURLAsync(new Regex("^http://127.0.0.1:[0-9]+/cb"));
        });

        Assert.True(result.GetProperty("state").GetBoolean());
        Assert.True(result.GetProperty("refreshed").GetBoolean());
        Assert.Equal(Issuer(server), result.GetProperty("iss").GetString());
        Assert.Equal("openid profile", result.GetProperty("scope").GetString());
        Assert.Equal(customer.Email, result.GetProperty("user").GetProperty("email").GetString());
        Assert.Equal(customer.Email, result.GetProperty("claims").GetProperty("email").GetString());
        Assert.Equal("invalid_grant", result.GetProperty("after_revocation").GetString());
        Assert.NotEqual(JsonValueKind.Null, result.GetProperty("user_after_revocation").ValueKind);
        Assert.DoesNotContain(errors, error => error.StartsWith(Issuer(server), StringComparison.Ordinal));
    }

    [NodeFact]
    public async Task Openid_client_hears_a_no()
    {
        var server = await SpoqServer.SharedAsync();
        using var visitor = new OAuthVisitor(server);
        await visitor.Person.SignUpAsync();

        var result = await RunAsync("openid-client.mjs", new() { ["ISSUER"] = Issuer(server), ["SCOPE"] = "openid" }, address => GoAsync(visitor, address, "cancel"));

        Assert.Equal("access_denied", result.GetProperty("error").GetString());
        Assert.True(result.GetProperty("state").GetBoolean());
        Assert.Equal(Issuer(server), result.GetProperty("iss").GetString());
    }

    [NodeTheory]
    [InlineData("client_secret_basic", "OAUTH_WWW_AUTHENTICATE_CHALLENGE")]
    [InlineData("client_secret_post", "invalid_client")]
    public async Task Oauth4webapi_finds_nothing_to_complain_about(string method, string wrongSecret)
    {
        var server = await SpoqServer.SharedAsync();
        using var visitor = new OAuthVisitor(server);
        await visitor.Person.SignUpAsync();

        var result = await RunAsync("oauth4webapi.mjs", new() { ["ISSUER"] = Issuer(server), ["METHOD"] = method }, address => GoAsync(visitor, address, "authorize"));

        Assert.True(result.GetProperty("same_metadata").GetBoolean());
        Assert.Equal(wrongSecret, result.GetProperty("wrong_secret").GetString());
        var introspection = result.GetProperty("introspection");
        Assert.True(introspection.GetProperty("active").GetBoolean());
        Assert.Equal("openid profile", introspection.GetProperty("scope").GetString());
        Assert.Equal(result.GetProperty("claims").GetProperty("sub").GetString(), introspection.GetProperty("sub").GetString());
        Assert.False(result.GetProperty("introspection_after").GetProperty("active").GetBoolean());
        Assert.Equal("invalid_grant", result.GetProperty("refresh_after").GetString());
    }

    [NodeFact]
    public async Task Jose_verifies_our_tokens_by_the_published_keys_and_none_it_forges_is_taken()
    {
        var server = await SpoqServer.SharedAsync();
        var node = await AccessBeside.SharedAsync();
        var account = await node.AddAccountAsync();
        var token = (await node.GrantAsync(account, OAuthVisitor.Dex, "openid")).AccessToken;

        var result = await RunAsync("jose.mjs", new() { ["ISSUER"] = Issuer(server), ["TOKEN"] = token }, null);

        Assert.Equal(("at+jwt", "ES256", 200), (result.GetProperty("typ").GetString(), result.GetProperty("alg").GetString(), result.GetProperty("honest").GetInt32()));
        Assert.True(result.GetProperty("thumbprint").GetBoolean());
        Assert.Equal(account.ToString(), result.GetProperty("payload").GetProperty("sub").GetString());
        var answers = result.GetProperty("answers").EnumerateObject().ToList();
        Assert.True(answers.Count >= 20);
        Assert.All(answers, answer => Assert.Equal((answer.Name, 401), (answer.Name, answer.Value.GetInt32())));
    }

    /// <summary>A line <c>ASK address</c> is where the person's browser goes; <c>DONE json</c> is what came of it.</summary>
    private static async Task<JsonElement> RunAsync(string script, Dictionary<string, string> variables, Func<Uri, Task>? browse)
    {
        await using var run = await Node.StartAsync(script, variables);
        if (browse is not null)
        {
            await browse(new Uri((await run.LineAsync("ASK "))["ASK ".Length..]));
        }

        return JsonDocument.Parse((await run.LineAsync("DONE "))["DONE ".Length..]).RootElement;
    }

    private static async Task GoAsync(OAuthVisitor visitor, Uri address, string decision)
    {
        using var arrived = await visitor.Program.GetAsync(await visitor.AnswerAsync(address.PathAndQuery, decision));
        arrived.EnsureSuccessStatusCode();
    }

    private static string Issuer(SpoqServer server) => server.BaseUrl.AbsoluteUri.TrimEnd('/');
}
