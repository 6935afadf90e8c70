using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>What the documentation tells people to type is taken from the page and typed.</summary>
public sealed partial class DocsSnippetTests
{
    [Fact]
    public async Task The_quick_start_of_the_device_flow_works_line_by_line()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        var page = await SnippetsAsync(server, "/docs/device-flow");

        var started = await RunAsync(page["ask"]);
        var code = started.GetProperty("device_code").GetString()!;
        Assert.Equal("authorization_pending", (await RunAsync(page["poll"], ("DEVICE_CODE", code))).GetProperty("error").GetString());
        await ApproveAsync(person, started.GetProperty("user_code").GetString()!);
        var tokens = await RunAsync(page["poll"], ("DEVICE_CODE", code));
        var me = await RunAsync(page["use"], ("ACCESS_TOKEN", tokens.GetProperty("access_token").GetString()!));
        Assert.Contains(tokens.GetProperty("user_id").GetString()!, me.ToString(), StringComparison.Ordinal);
        var renewed = await RunAsync(page["refresh"], ("REFRESH_TOKEN", tokens.GetProperty("refresh_token").GetString()!));
        Assert.NotEqual(tokens.GetProperty("refresh_token").GetString(), renewed.GetProperty("refresh_token").GetString());
    }

    [Fact]
    public async Task The_quick_start_of_api_keys_works_line_by_line()
    {
        var server = await SpoqServer.SharedAsync();
        var token = await AccountTokenAsync(server);
        var page = await SnippetsAsync(server, "/docs/api-keys");

        var made = await RunAsync(page["create"], ("ACCESS_TOKEN", token));
        var id = made.GetProperty("id").GetString()!;
        var current = await RunAsync(page["use"], ("SPOQ_API_KEY", made.GetProperty("key").GetString()!));
        Assert.Equal(id, current.GetProperty("id").GetString());
        var rotated = await RunAsync(page["rotate"], ("ACCESS_TOKEN", token), ("KEY_ID", id));
        Assert.NotEqual(made.GetProperty("key").GetString(), rotated.GetProperty("key").GetString());
        Assert.Equal("", await ShellAsync(page["revoke"], ("ACCESS_TOKEN", token), ("KEY_ID", id)));
        await Eventually.TrueAsync(
            async () => (await RunAsync(page["use"], ("SPOQ_API_KEY", rotated.GetProperty("key").GetString()!))).TryGetProperty("code", out var code) && code.GetString() == "invalid_token",
            "the revoked key to end");
    }

    [Fact]
    public async Task Every_quick_start_is_linked_from_the_docs_page()
    {
        using var reader = (await SpoqServer.SharedAsync()).NewClient();

        var docs = await reader.GetStringAsync(new Uri("/docs", UriKind.Relative));

        foreach (var page in new[] { "/docs/connect", "/docs/device-flow", "/docs/api-keys" })
        {
            Assert.Contains($"href=\"{page}\"", docs, StringComparison.Ordinal);
            using var answer = await reader.GetAsync(new Uri(page, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    /// <summary>By the name that each has on its page.</summary>
    internal static async Task<IReadOnlyDictionary<string, string>> SnippetsAsync(SpoqServer server, string page)
    {
        using var reader = server.NewClient();
        var html = await reader.GetStringAsync(new Uri(page, UriKind.Relative));
        return Figures().Matches(html).ToDictionary(figure => figure.Groups[1].Value, figure => WebUtility.HtmlDecode(figure.Groups[2].Value));
    }

    internal static Task ApproveAsync(HttpVisitor person, string words) => DecideAsync(person, words, "approve");

    internal static async Task DecideAsync(HttpVisitor person, string words, string decision)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["user_code"] = words,
            ["decision"] = decision,
            ["__RequestVerificationToken"] = await person.FormTokenAsync("/dashboard/account"),
        });
        using var answer = await person.Http.PostAsync(new Uri("/auth/authorize", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    private static async Task<string> AccountTokenAsync(SpoqServer server)
    {
        using var person = new HttpVisitor(server);
        await person.SignUpAsync();
        using var machine = server.NewClient();
        using var asked = await machine.PostAsync(new Uri("/auth/device", UriKind.Relative), null);
        var started = await asked.Content.ReadFromJsonAsync<JsonElement>();
        await ApproveAsync(person, started.GetProperty("user_code").GetString()!);
        using var polled = await machine.PostAsJsonAsync("/auth/device/token", new { device_code = started.GetProperty("device_code").GetString() });
        return (await polled.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    internal static async Task<JsonElement> RunAsync(string snippet, params (string Name, string Value)[] variables) =>
        JsonDocument.Parse(await ShellAsync(snippet, variables)).RootElement;

    private static async Task<string> ShellAsync(string snippet, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("sh", ["-c", snippet]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{snippet}\n{await error}");
        return output;
    }

    [GeneratedRegex("data-snippet=\"([^\"]+)\".*?data-copy=\"([^\"]*)\"", RegexOptions.Singleline)]
    private static partial Regex Figures();
}
