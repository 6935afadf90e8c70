using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Tests.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Foreign;

/// <summary>openid-client 6, unmodified, as the machine without a browser.</summary>
public sealed class DeviceGrantForeignTests
{
    [NodeFact]
    public async Task It_finds_the_endpoint_polls_gets_tokens_refreshes_and_revokes()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        await using var client = await Node.StartAsync("device-grant.mjs", Variables(server));

        await DocsSnippetTests.ApproveAsync(person, await WordsAsync(client));
        var tokens = JsonDocument.Parse((await client.LineAsync("TOKENS"))["TOKENS ".Length..]).RootElement;
        var output = await client.EndAsync();

        Assert.Equal("bearer", tokens.GetProperty("token_type").GetString());
        Assert.True(Guid.TryParse(tokens.GetProperty("user_id").GetString(), out _));
        Assert.Contains("REFRESHED true", output, StringComparison.Ordinal);
        Assert.Contains("REVOKED invalid_grant", output, StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task A_client_registered_for_it_gets_an_id_token_too()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        using var http = server.NewClient();
        using var registered = await http.PostAsJsonAsync("/oauth/register", new
        {
            client_name = "Weather station",
            grant_types = new[] { "urn:ietf:params:oauth:grant-type:device_code", "refresh_token" },
            response_types = Array.Empty<string>(),
            token_endpoint_auth_method = "none",
        });
        Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());
        var clientId = (await registered.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("client_id").GetString()!;
        await using var client = await Node.StartAsync("device-grant.mjs", Variables(server, clientId, "openid profile instance"));
        var words = await WordsAsync(client);

        var page = await person.Http.GetStringAsync(new Uri($"/auth/verify?code={words}", UriKind.Relative));
        Assert.Contains("Weather station</strong> is not made by Spoq", page, StringComparison.Ordinal);
        await DocsSnippetTests.ApproveAsync(person, words);
        var tokens = JsonDocument.Parse((await client.LineAsync("TOKENS"))["TOKENS ".Length..]).RootElement;

        Assert.Equal(clientId, tokens.GetProperty("claims").GetProperty("aud").GetString());
        Assert.Equal(tokens.GetProperty("user_id").GetString(), tokens.GetProperty("claims").GetProperty("sub").GetString());
        await client.EndAsync();
    }

    [NodeFact]
    public async Task It_is_told_of_a_denial()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        await using var client = await Node.StartAsync("device-grant.mjs", Variables(server));

        await DocsSnippetTests.DecideAsync(person, await WordsAsync(client), "deny");

        Assert.Contains("REFUSED access_denied", await client.EndAsync(), StringComparison.Ordinal);
    }

    [NodeFact]
    public async Task The_programs_of_the_quick_start_run_as_they_are_printed()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        var page = await DocsSnippetTests.SnippetsAsync(server, "/docs/device-flow");
        await using var client = await Node.StartAsync(page["library"]);

        await DocsSnippetTests.ApproveAsync(person, (await client.LineAsync("and type ")).Split("and type ")[1]);

        Assert.Matches("Signed in as [0-9a-f-]{36}", await client.EndAsync());
    }

    private static async Task<string> WordsAsync(Node.Run client) => (await client.LineAsync("WORDS"))["WORDS ".Length..];

    private static Dictionary<string, string> Variables(SpoqServer server, string clientId = "spoq-cli", string scope = "account") =>
        new() { ["ISSUER"] = server.BaseUrl.ToString(), ["CLIENT_ID"] = clientId, ["SCOPE"] = scope };
}
