using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Npgsql;
using Spoq.Tests.Support;

namespace Spoq.Tests.Stories;

/// <summary>
/// A customer's page lives on a sibling of our address, so to a browser it is of the same site: our cookies come along
/// with whatever it sends. It reads and changes nothing all the same.
/// </summary>
public sealed class SiblingStory(StoryServer story) : IClassFixture<StoryServer>
{
    private const string Attempts = """
        async ([base, live]) => {
            const told = {};
            const attempt = async (name, act) => { try { told[name] = await act(); } catch { told[name] = "refused"; } };
            const read = (path, options) => async () => { const answer = await fetch(base + path, { credentials: "include", ...options }); return `read ${answer.status} ${await answer.text()}`; };
            const json = JSON.stringify({ name: "planted", scopes: ["ai"] });
            const write = (type, mode) => read("/v1/api-keys", { method: "POST", mode, body: json, headers: { "Content-Type": type } });
            await attempt("api", read("/api/auth/me"));
            await attempt("page", read("/dashboard/account"));
            await attempt("keys", read("/v1/api-keys"));
            await attempt("opaque page", read("/dashboard/account", { mode: "no-cors" }));
            await attempt("json write", write("application/json", "cors"));
            await attempt("text write", write("text/plain", "cors"));
            await attempt("blind write", write("text/plain", "no-cors"));
            await attempt("blind end of session", read("/api/auth/logout", { method: "POST", mode: "no-cors" }));
            const socket = path => () => new Promise(done => { const line = new WebSocket(live + path); line.onopen = () => done("open"); line.onerror = () => done("refused"); });
            await attempt("hub", socket("/hubs/instances"));
            await attempt("circuit", socket("/_blazor?id=nothing"));
            await attempt("script", () => new Promise(done => { const tag = document.createElement("script"); tag.src = base + "/v1/api-keys"; tag.onload = () => done("loaded"); tag.onerror = () => done("refused"); document.head.append(tag); }));
            await attempt("picture", () => new Promise(done => { const tag = new Image(); tag.onload = () => done("loaded"); tag.onerror = () => done("refused"); tag.src = base + "/icon-192.png"; }));
            await attempt("frame", () => new Promise(done => { const tag = document.createElement("iframe"); tag.onload = () => { try { done(tag.contentDocument.body.innerText === "" ? "refused" : "read"); } catch { done("refused"); } }; tag.src = base + "/dashboard/account"; document.body.append(tag); }));
            await attempt("opened window", () => { const other = window.open(base + "/dashboard/account"); try { return other.document.title ? "read" : "refused"; } catch { return "refused"; } finally { other?.close(); } });
            return told;
        }
        """;

    private const string Post = """
        ([to, fields]) => {
            const form = document.createElement("form");
            form.method = "post";
            form.action = to;
            for (const [name, value] of Object.entries(fields)) {
                const field = document.createElement("input");
                field.name = name;
                field.value = value;
                form.append(field);
            }
            document.body.append(form);
            form.submit();
        }
        """;

    private readonly ConcurrentQueue<string> _heard = [];

    private string Ours => $"http://spoq.test:{story.Server.Port}";

    [Fact]
    public async Task A_page_on_a_siblings_address_reads_and_writes_nothing_of_ours()
    {
        await using var alice = await StartAsync();
        var (page, email) = await SignedInAsync();
        await page.GotoAsync(alice.Urls.First().Replace("127.0.0.1", "alice.spoq.test", StringComparison.Ordinal));

        var told = await page.EvaluateAsync<JsonElement>(Attempts, new[] { Ours, Ours.Replace("http:", "ws:", StringComparison.Ordinal) });

        Assert.All(told.EnumerateObject().Where(member => member.Name[0] != '$'), attempt => Assert.True(attempt.Value.GetString() is "refused" or "read 0 ", $"{attempt.Name}: {attempt.Value}"));

        // They were attempts indeed: another port of our name hears our cookie from the same page.
        await page.EvaluateAsync("url => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => 0)", alice.Urls.First().Replace("127.0.0.1", "spoq.test", StringComparison.Ordinal));
        Assert.Contains(_heard, cookies => cookies.Contains("spoq=", StringComparison.Ordinal));
        Assert.Equal((0, 1), await StandingAsync(email));
    }

    [Fact]
    public async Task Forms_that_a_sibling_sends_change_nothing_even_with_a_cookie_of_ours_that_it_planted()
    {
        await using var alice = await StartAsync();
        var home = alice.Urls.First().Replace("127.0.0.1", "alice.spoq.test", StringComparison.Ordinal);
        var (page, email) = await SignedInAsync();
        using var mallory = new HttpVisitor(story.Server);
        await mallory.SignUpAsync();
        var token = await mallory.FormTokenAsync("/dashboard/account");
        var planted = mallory.Cookies.Split("; ").Single(cookie => cookie.StartsWith("spoq-form=", StringComparison.Ordinal))["spoq-form=".Length..];
        var session = mallory.Cookies.Split("; ").Single(cookie => cookie.StartsWith("spoq=", StringComparison.Ordinal))["spoq=".Length..];
        var key = new Dictionary<string, string> { ["_handler"] = "create-key", ["name"] = "planted", ["scopes"] = "ai" };
        (string Path, Dictionary<string, string> Fields)[] forms =
        [
            ("/dashboard/keys?new=1", key),
            ("/dashboard/account", new() { ["_handler"] = "elsewhere" }),
            ("/auth/authorize", new() { ["user_code"] = "BLUE-FISH-TREE", ["decision"] = "approve" }),
            ("/logout", []),
        ];

        foreach (var (path, fields) in forms)
        {
            Assert.InRange(await PostAsync(page, home, path, fields), 400, 499);
        }

        // A cookie for all of the site shadows ours on that path; its token was made for somebody else.
        await page.GotoAsync(home);
        await page.EvaluateAsync("value => document.cookie = `spoq-form=${value}; domain=spoq.test; path=/dashboard/keys`", planted);
        Assert.InRange(await PostAsync(page, home, "/dashboard/keys?new=1", new(key) { ["__RequestVerificationToken"] = token }), 400, 499);
        Assert.Equal((0, 1), await StandingAsync(email));

        // Where a whole session is planted, the page is the planter's: what is ours is still not read or changed.
        await page.EvaluateAsync("value => document.cookie = `spoq=${value}; domain=spoq.test; path=/dashboard/keys`", session);
        await PostAsync(page, home, "/dashboard/keys?new=1", new(key) { ["__RequestVerificationToken"] = token });
        Assert.Equal((0, 1), await StandingAsync(email));
    }

    private async Task<int> PostAsync(IPage page, string home, string path, Dictionary<string, string> fields)
    {
        var tab = await page.Context.NewPageAsync();
        await tab.GotoAsync(home);
        var answer = await tab.RunAndWaitForResponseAsync(() => tab.EvaluateAsync(Post, new object[] { Ours + path, fields }), response => response.Request.Method == "POST" && response.Url == Ours + path);
        await tab.CloseAsync();
        return answer.Status;
    }

    /// <summary>A browser that is signed in under a name that has siblings.</summary>
    private async Task<(IPage Page, string Email)> SignedInAsync()
    {
        using var visitor = new HttpVisitor(story.Server);
        var email = await visitor.SignUpAsync();
        await using (var source = NpgsqlDataSource.Create(story.Server.ConnectionString))
        {
            await using var forget = source.CreateCommand("update sessions set revoked_at = now() where account_id = (select id from users where email = $1)");
            forget.Parameters.Add(new() { Value = email });
            await forget.ExecuteNonQueryAsync();
        }

        var page = await Browser.NewPageAsync([]);
        await page.GotoAsync($"{Ours}/login");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/login", StringComparison.Ordinal));
        return (page, email);
    }

    /// <summary>API keys of the account, and its sessions that are still good.</summary>
    private async Task<(long Keys, long Sessions)> StandingAsync(string email)
    {
        await using var source = NpgsqlDataSource.Create(story.Server.ConnectionString);
        await using var command = source.CreateCommand("select (select count(*) from api_keys where account_id = u.id), (select count(*) from sessions where account_id = u.id and revoked_at is null) from users u where u.email = $1");
        command.Parameters.Add(new() { Value = email });
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>What a customer shows to the world on their own computer.</summary>
    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/", () => Results.Content("<!doctype html><title>Alice</title><body>Alice's page</body>", "text/html"));
        app.MapPost("/", (HttpRequest request) => _heard.Enqueue(request.Headers.Cookie.ToString()));
        await app.StartAsync();
        return app;
    }
}
