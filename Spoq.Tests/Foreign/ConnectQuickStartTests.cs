using System.Net;
using Spoq.Tests.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Foreign;

/// <summary>The connect quick start, typed and run as it is printed.</summary>
public sealed class ConnectQuickStartTests
{
    [NodeFact]
    public async Task Registered_by_its_first_lines_its_program_connects_to_an_account()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        var page = await DocsSnippetTests.SnippetsAsync(server, "/docs/connect");

        var metadata = await DocsSnippetTests.RunAsync(page["discover"]);
        Assert.Equal($"{server.BaseUrl}oauth/token", metadata.GetProperty("token_endpoint").GetString());
        var client = await DocsSnippetTests.RunAsync(page["register"]);
        await using var program = await Node.StartAsync(page["program"], new Dictionary<string, string> { ["CLIENT_ID"] = client.GetProperty("client_id").GetString()! });
        var address = (await program.LineAsync("Open "))["Open ".Length..];

        var consent = await person.Http.GetStringAsync(new Uri(address));
        Assert.Contains("Authorize My agent?", consent, StringComparison.Ordinal);
        using var answer = await person.SubmitAsync(address, "consent", await person.FormTokenAsync(new Uri(address).PathAndQuery), "decision=authorize");
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        using var browser = new HttpClient();
        Assert.Equal("Connected. You can close this page.", await browser.GetStringAsync(answer.Headers.Location));

        Assert.Matches("Connected to the account of [0-9a-f]{32}@example.com", await program.EndAsync());
    }
}
