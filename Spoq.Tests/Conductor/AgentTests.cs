using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Core.Wire;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

public sealed class AgentTests(AgentFixture conductor) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task A_turn_writes_runs_edits_and_reads_until_the_model_has_its_answer()
    {
        conductor.Model
            .Calls("write", new { path = "notes/a.txt", content = "one\ntwo\n" }, "c1")
            .Calls("edit", new { path = "notes/a.txt", old_text = "two", new_text = "three" }, "c2")
            .Calls("run", new { command = "wc -l < notes/a.txt; exit 3" }, "c3")
            .Calls("search", new { pattern = "thr.e" }, "c4")
            .Calls("list", new { recursive = true }, "c5")
            .Calls("read", new { path = "notes/a.txt" }, "c6")
            .Says("It ", "says three.");
        conductor.Model.Asked.Clear();

        var events = await conductor.AskAsync(new AskRequest("Count them."));

        Assert.Equal(["write", "edit", "run", "search", "list", "read"], events.OfType<AskToolCall>().Select(call => call.Name));
        var results = events.OfType<AskToolResult>().ToDictionary(result => result.CallId);
        Assert.Equal(("2\n\n[exit code 3]", true), (results["c3"].Output, results["c3"].IsError));
        Assert.Equal("notes/a.txt:2: three\n", results["c4"].Output);
        Assert.Contains("notes/a.txt\t10\n", results["c5"].Output, StringComparison.Ordinal);
        Assert.Equal("one\nthree\n", results["c6"].Output);
        Assert.Equal("It says three.", string.Concat(events.OfType<AskText>().Select(text => text.Text)));
        Assert.Equal(new AskUsage("scripted", 70, 35), events[^2]);

        var last = conductor.Model.Asked.Last().GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(["system", "user", .. Enumerable.Repeat<string[]>(["assistant", "tool"], 6).SelectMany(pair => pair)], last.Select(message => message.GetProperty("role").GetString()!));
        Assert.Equal("c6", last[^1].GetProperty("tool_call_id").GetString());
        Assert.Equal("Bearer key-of-the-instance", conductor.Model.Keys.Last());
    }

    [Theory]
    [InlineData("../../config.json")]
    [InlineData("/etc/passwd")]
    [InlineData("way-out/passwd")]
    [InlineData("way-out/../../etc/passwd")]
    [InlineData("a\0b")]
    public async Task No_path_leads_out_of_the_workspace(string path)
    {
        var link = Path.Combine(conductor.Workspace, "way-out");
        File.Delete(link);
        File.CreateSymbolicLink(link, "/etc");
        conductor.Model.Calls("read", new { path }).Calls("write", new { path, content = "x" }).Says("No.");

        var events = await conductor.AskAsync(new AskRequest("Read it."));

        Assert.All(events.OfType<AskToolResult>(), result => Assert.True(result.IsError));
        using var download = await conductor.SendAsync(HttpMethod.Get, $"/api/files/{Uri.EscapeDataString(path)}");
        Assert.False(download.IsSuccessStatusCode);
        File.Delete(link);
    }

    [Fact]
    public async Task Links_and_pipes_neither_lead_out_nor_hold_a_turn_up()
    {
        var (folder, outside) = (Directory.CreateDirectory(Path.Combine(conductor.Workspace, "odd")).FullName, Path.Combine(conductor.Folder, "secret.txt"));
        await File.WriteAllTextAsync(outside, "needle outside");
        await File.WriteAllTextAsync(Path.Combine(folder, "plain.txt"), "needle inside");
        File.CreateSymbolicLink(Path.Combine(folder, "out.txt"), outside);
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(folder, "pipe")]))
        {
            await made.WaitForExitAsync();
        }

        conductor.Model
            .Calls("search", new { pattern = "needle" }, "search").Calls("list", new { path = "odd" }, "list").Calls("edit", new { path = "odd/out.txt", old_text = "needle", new_text = "x" }, "edit")
            .Calls("read", new { path = "odd/pipe" }, "pipe").Calls("search", new { pattern = "needle", path = "odd/pipe" }, "alone").Says("Done.");

        var results = (await conductor.AskAsync(new AskRequest("Look."))).OfType<AskToolResult>().ToDictionary(result => result.CallId);

        Assert.Equal("odd/plain.txt:1: needle inside\n", results["search"].Output);
        Assert.Contains("out.txt\t\n", results["list"].Output, StringComparison.Ordinal);
        Assert.Equal((true, true, "Nothing matches."), (results["edit"].IsError, results["pipe"].IsError, results["alone"].Output));
        Assert.Equal("needle outside", await File.ReadAllTextAsync(outside));
        using var download = await conductor.SendAsync(HttpMethod.Get, "/api/files/odd/pipe");
        using var along = await conductor.PostAsync("/api/ask", JsonContent.Create(new AskRequest("x", Files: [new AskFile("odd/pipe")]), WireJson.Default.AskRequest));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (download.StatusCode, along.StatusCode));

        // A link is deleted, not what it leads to.
        File.CreateSymbolicLink(Path.Combine(folder, "near.txt"), Path.Combine(folder, "plain.txt"));
        using var near = await conductor.SendAsync(HttpMethod.Delete, "/api/files/odd/near.txt");
        using var far = await conductor.SendAsync(HttpMethod.Delete, "/api/files/odd/out.txt");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (near.StatusCode, far.StatusCode));
        Assert.Equal((true, true, false), (File.Exists(outside), File.Exists(Path.Combine(folder, "plain.txt")), Path.Exists(Path.Combine(folder, "near.txt"))));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("/api/ask", """{"prompt":"x","files":[null]}""")]
    [InlineData("/api/sync", """{"folder":"x","changes":[null]}""")]
    [InlineData("/api/sync/fetch", """{"folder":"x","paths":[null]}""")]
    public async Task A_list_that_holds_nothing_is_refused(string path, string body)
    {
        using var answer = await conductor.PostAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.InRange((int)answer.StatusCode, 400, 422);
    }

    [Fact]
    public async Task Changes_wait_for_the_persons_word_and_looking_does_not()
    {
        var id = Guid.NewGuid();
        conductor.Model.Calls("list", new { }, "look").Calls("run", new { command = "touch denied" }, "first").Calls("run", new { command = "touch allowed" }, "second").Calls("run", new { command = "touch always" }, "third").Says("Done.");
        var asked = new List<string>();

        await conductor.StreamAskAsync(new AskRequest("Do it.", id, Approval: "ask"), async happened =>
        {
            if (happened is AskApproval approval)
            {
                asked.Add(approval.CallId);
                using var answer = await conductor.PostAsync("/api/ask/approvals", JsonContent.Create(new { conversation_id = id, call_id = approval.CallId, decision = approval.CallId == "first" ? "deny" : "always" }));
                Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
            }
        });

        Assert.Equal(["first", "second"], asked);
        Assert.Equal([false, true, true], new[] { "denied", "allowed", "always" }.Select(name => File.Exists(Path.Combine(conductor.Workspace, name))));
        using var late = await conductor.PostAsync("/api/ask/approvals", JsonContent.Create(new { conversation_id = id, call_id = "first", decision = "allow" }));
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Fact]
    public async Task Without_leave_nothing_is_changed_and_the_model_is_told()
    {
        conductor.Model.Calls("write", new { path = "never", content = "" }).Says("I may not.");

        var events = await conductor.AskAsync(new AskRequest("Write.", Approval: "never"));

        Assert.True(Assert.Single(events.OfType<AskToolResult>()).IsError);
        Assert.False(File.Exists(Path.Combine(conductor.Workspace, "never")));
    }

    [Fact]
    public async Task A_busy_model_is_asked_again_and_one_that_breaks_off_is_told_of()
    {
        var id = Guid.NewGuid();
        conductor.Model.Refuses(503).Refuses(429, "rate_limit_exceeded").Says("At last.");
        Assert.Equal("At last.", Text(await conductor.AskAsync(new AskRequest("Hello", id))));

        conductor.Model.Calls("run", new { command = "true" }, "c1").BreaksOffAfter("Half an ");
        var broken = await conductor.AskAsync(new AskRequest("More", id));
        Assert.Equal(("Half an ", "model_broke_off"), (Text(broken), Assert.IsType<AskFailed>(broken[^1]).Code));

        conductor.Model.Refuses(401);
        Assert.Equal("model_refused", Assert.IsType<AskFailed>((await conductor.AskAsync(new AskRequest("x"))).Last()).Code);
        conductor.Model.Refuses(429, "insufficient_quota");
        Assert.Equal("insufficient_quota", Assert.IsType<AskFailed>((await conductor.AskAsync(new AskRequest("x"))).Last()).Code);

        // What was said before goes along, calls with their results.
        conductor.Model.Says("Going on.");
        Assert.Equal("Going on.", Text(await conductor.AskAsync(new AskRequest("Go on", id))));
        var sent = conductor.Model.Asked.Last().GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()!);
        Assert.Equal(["system", "user", "assistant", "user", "assistant", "tool", "assistant", "user"], sent);
    }

    [Fact]
    public async Task A_model_that_never_ends_is_stopped_after_forty_steps()
    {
        Enumerable.Range(0, 40).ToList().ForEach(_ => conductor.Model.Calls("list", new { }));

        var events = await conductor.AskAsync(new AskRequest("Loop."));

        Assert.Equal(40, events.OfType<AskToolResult>().Count());
        Assert.Equal("too_many_steps", Assert.IsType<AskFailed>(events[^1]).Code);
    }

    [Fact]
    public async Task Files_go_along_from_the_caller_and_from_the_workspace()
    {
        await File.WriteAllTextAsync(Path.Combine(conductor.Workspace, "here.txt"), "from here");
        conductor.Model.Says("Read.");

        await conductor.AskAsync(new AskRequest("Compare.", Files: [new AskFile("there.txt", "from there"), new AskFile("here.txt")]));

        var prompt = conductor.Model.Asked.Last().GetProperty("messages")[1].GetProperty("content").GetString()!;
        Assert.Contains("<file path=\"there.txt\">\nfrom there\n</file>", prompt, StringComparison.Ordinal);
        Assert.Contains("<file path=\"here.txt\">\nfrom here\n</file>", prompt, StringComparison.Ordinal);
        using var missing = await conductor.PostAsync("/api/ask", JsonContent.Create(new AskRequest("x", Files: [new AskFile("nowhere")]), WireJson.Default.AskRequest));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Conversations_and_files_are_listed_shown_and_deleted()
    {
        var id = Guid.NewGuid();
        conductor.Model.Calls("write", new { path = "kept/page.html", content = "<b>hi</b>" }).Says("Kept.");
        await conductor.AskAsync(new AskRequest("Keep this page\nplease", id));

        var list = await ReadAsync("/api/sessions");
        Assert.Equal("Keep this page", list.GetProperty("data").EnumerateArray().Single(one => one.GetProperty("id").GetGuid() == id).GetProperty("title").GetString());
        var shown = await ReadAsync($"/api/sessions/{id}");
        Assert.Equal(["user", "assistant", "tool", "assistant"], shown.GetProperty("turns").EnumerateArray().Select(turn => turn.GetProperty("role").GetString()!));
        using var gone = await conductor.SendAsync(HttpMethod.Delete, $"/api/sessions/{id}");
        using var again = await conductor.SendAsync(HttpMethod.Delete, $"/api/sessions/{id}");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (gone.StatusCode, again.StatusCode));

        Assert.Contains("kept", (await ReadAsync("/api/files")).ToString(), StringComparison.Ordinal);
        using var page = await conductor.SendAsync(HttpMethod.Get, "/api/files/kept/page.html");
        Assert.Equal(("<b>hi</b>", "application/octet-stream", "attachment"), (await page.Content.ReadAsStringAsync(), page.Content.Headers.ContentType?.MediaType, page.Content.Headers.ContentDisposition?.DispositionType));
        using var full = await conductor.SendAsync(HttpMethod.Delete, "/api/files/kept");
        Assert.Equal(HttpStatusCode.Conflict, full.StatusCode);
        using var deleted = await conductor.SendAsync(HttpMethod.Delete, "/api/files/kept?recursive=true");
        using var root = await conductor.SendAsync(HttpMethod.Delete, "/api/files");
        Assert.Equal((HttpStatusCode.NoContent, false), (deleted.StatusCode, root.IsSuccessStatusCode));
        Assert.False(Directory.Exists(Path.Combine(conductor.Workspace, "kept")));
    }

    private static string Text(List<AskEvent> events) => string.Concat(events.OfType<AskText>().Select(text => text.Text));

    private async Task<JsonElement> ReadAsync(string path)
    {
        using var answer = await conductor.SendAsync(HttpMethod.Get, path);
        return await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
    }
}
