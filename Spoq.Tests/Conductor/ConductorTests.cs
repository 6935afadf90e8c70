using System.Net;
using System.Text;
using Spoq.Core.Wire;
using Spoq.Tests.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

public sealed class ConductorTests(ConductorFixture conductor) : IClassFixture<ConductorFixture>
{
    [Fact]
    public async Task Only_the_owners_token_for_this_very_computer_is_let_in()
    {
        using var stranger = new Forge();
        var forge = conductor.Forge;
        var claims = conductor.Claims;
        (string? Token, HttpStatusCode Answer)[] cases =
        [
            (forge.Sign(claims), HttpStatusCode.OK),
            (null, HttpStatusCode.Unauthorized),
            ("nonsense", HttpStatusCode.Unauthorized),
            (forge.Unsigned("{}"), HttpStatusCode.Unauthorized),
            (forge.HmacWithPublicKey("{}"), HttpStatusCode.Unauthorized),
            (stranger.Sign(claims), HttpStatusCode.Unauthorized),
            (stranger.Sign(claims, forge.Kid), HttpStatusCode.Unauthorized),
            (forge.Sign(claims) + "A", HttpStatusCode.Unauthorized),
            (forge.Sign(claims with { Audience = "bob.spoq.test" }), HttpStatusCode.Unauthorized),
            (forge.Sign(claims with { Issuer = "http://evil.test" }), HttpStatusCode.Unauthorized),
            (forge.Sign(claims with { InstanceId = Guid.NewGuid().ToString() }), HttpStatusCode.Unauthorized),
            (forge.Sign(claims with { IssuedAt = DateTimeOffset.UtcNow.AddHours(-2), ExpiresAt = DateTimeOffset.UtcNow.AddHours(-1) }), HttpStatusCode.Unauthorized),
            (forge.Sign(claims with { Subject = Guid.NewGuid().ToString() }), HttpStatusCode.Forbidden),
        ];
        foreach (var (token, expected) in cases)
        {
            using var answer = await conductor.StatusAsync(token);
            Assert.Equal(expected, answer.StatusCode);
            Assert.Equal(expected == HttpStatusCode.OK, answer.Headers.WwwAuthenticate.Count == 0);
        }

        using var health = await conductor.Http.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task The_echo_streams_word_by_word_and_counts_the_whole_session()
    {
        var conversationId = Guid.NewGuid();
        var first = await conductor.AskAsync(new AskRequest("good day, you there", conversationId));
        var second = await conductor.AskAsync(new AskRequest("ça va?", conversationId));

        Assert.Equal(["good", " day,", " you", " there"], first.OfType<AskText>().Select(text => text.Text));
        Assert.Equal([new AskUsage("spoq-echo", 4, 4), new AskDone(conversationId)], first.TakeLast(2));
        Assert.Equal([new AskUsage("spoq-echo", 10, 2), new AskDone(conversationId)], second.TakeLast(2));
    }

    [Fact]
    public async Task Whoever_reads_that_the_answer_is_done_may_ask_on_at_once()
    {
        var conversationId = Guid.NewGuid();
        for (var turn = 1; turn <= 40; turn++)
        {
            using var answer = await conductor.PostAsync("/api/ask", new StringContent($$"""{"prompt":"again","conversation_id":"{{conversationId}}"}""", Encoding.UTF8, "application/json"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
            while (await lines.ReadLineAsync() is { } line && line != "event: done")
            {
            }

            Assert.Equal(turn, await TurnsKeptAsync(conversationId));
        }
    }

    [Fact]
    public async Task A_conversation_that_cannot_be_kept_says_so_and_is_not_stuck()
    {
        var conversationId = Guid.NewGuid();
        Directory.CreateDirectory(FileOf(conversationId));
        for (var turn = 0; turn < 2; turn++)
        {
            var events = await conductor.AskAsync(new AskRequest("hello", conversationId));
            Assert.Equal("conversation_not_kept", Assert.IsType<AskFailed>(events[^1]).Code);
        }
    }

    [Fact]
    public async Task A_command_gives_both_outputs_its_exit_code_and_sees_no_secret()
    {
        var events = await conductor.RunAsync("echo out; echo err >&2; env; exit 7");

        var output = string.Concat(events.OfType<RunStdout>().Select(text => text.Text));
        Assert.StartsWith("out\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("never-seen", output, StringComparison.Ordinal);
        Assert.Equal("err\n", string.Concat(events.OfType<RunStderr>().Select(text => text.Text)));
        Assert.Equal(7, Assert.IsType<RunExit>(events[^1]).ExitCode);
    }

    [Fact]
    public async Task Characters_survive_being_written_in_pieces_and_garbage_does_no_harm()
    {
        var events = await conductor.RunAsync("printf '\\xe2\\x82'; sleep 0.3; printf '\\xac'; printf '\\xff\\x00end'");

        Assert.Equal("€\uFFFD\0end", string.Concat(events.OfType<RunStdout>().Select(text => text.Text)));
    }

    [Fact]
    public async Task A_timeout_ends_grandchildren_too_even_those_that_left_the_group()
    {
        var events = await conductor.RunAsync("setsid sleep 7411 & (sleep 7412 &) ; sleep 7413", timeoutSeconds: 1);

        Assert.True(Assert.IsType<RunExit>(events[^1]).TimedOut);
        await Eventually.TrueAsync(() => Sleepers.Count("741") == 0, "all sleepers to be gone");
    }

    [Fact]
    public async Task A_command_that_forks_without_end_is_ended_and_the_conductor_goes_on()
    {
        var events = await conductor.RunAsync("echo begun; for i in $(seq 400); do sleep 7451 & done; wait");
        Assert.Equal("too_many_processes", Assert.IsType<RunFailed>(events[^1]).Code);
        await Eventually.TrueAsync(() => Sleepers.Count("7451") == 0, "all of them to be gone");

        // Also what it left behind, after it has ended.
        // They may be gone again before anybody looks, so they leave a trace.
        var trace = Path.Combine(conductor.DataDirectory, "late");
        Assert.IsType<RunExit>((await conductor.RunAsync($"(sleep 0.5; sleep 7452 & touch '{trace}'; for i in $(seq 400); do sleep 7452 & done) >/dev/null 2>&1 &"))[^1]);
        await Eventually.TrueAsync(() => File.Exists(trace), "the late ones to begin");
        await Eventually.TrueAsync(() => Sleepers.Count("7452") == 0, "the late ones to be gone");
        Assert.Equal("on\n", string.Concat((await conductor.RunAsync("echo on")).OfType<RunStdout>().Select(text => text.Text)));
    }

    [Fact]
    public async Task Hanging_up_ends_the_command()
    {
        using var body = new StringContent("""{"command":"echo begun; sleep 7421"}""", Encoding.UTF8, "application/json");
        var answer = await conductor.PostAsync("/api/run", body);
        await Eventually.TrueAsync(() => Sleepers.Count("7421") > 0, "the command to begin");

        answer.Dispose();

        await Eventually.TrueAsync(() => Sleepers.Count("7421") == 0, "the command to be gone");
    }

    [Fact]
    public async Task Endless_output_is_cut_and_the_command_still_ends()
    {
        var events = await conductor.RunAsync("head -c 9000000 /dev/zero | tr '\\0' a; exit 4");

        Assert.Equal(8 * 1024 * 1024, events.OfType<RunStdout>().Sum(text => text.Text.Length));
        Assert.Equal((4, true), Assert.IsType<RunExit>(events[^1]) is var exit ? (exit.ExitCode, exit.Truncated) : default);
    }

    [Theory]
    [InlineData("/api/ask", "{}", 422)]
    [InlineData("/api/ask", "[", 422)]
    [InlineData("/api/ask", """{"prompt":" "}""", 422)]
    [InlineData("/api/ask", """{"prompt":"a","prompt":"b"}""", 422)]
    [InlineData("/api/run", """{"command":""}""", 422)]
    [InlineData("/api/run", """{"command":"a\u0000b"}""", 422)]
    [InlineData("/api/run", """{"command":"a","timeout_seconds":0}""", 422)]
    [InlineData("/api/nothing", "{}", 404)]
    [InlineData("/api/status", "{}", 405)]
    public async Task Bad_input_gets_a_reason(string path, string json, int status)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await conductor.PostAsync(path, body);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_body_past_the_limit_is_413()
    {
        using var body = new StringContent($$"""{"command":"{{new string('a', 2_000_000)}}"}""", Encoding.UTF8, "application/json");
        using var answer = await conductor.PostAsync("/api/run", body);

        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_second_one_steps_back_and_after_a_kill_the_next_one_serves_even_with_the_control_plane_away()
    {
        using (await conductor.StatusAsync(conductor.Forge.Sign(conductor.Claims)))
        {
            using var second = conductor.Launch();
            await second.WaitForExitAsync();
            Assert.Equal(75, second.ExitCode);
        }

        await Eventually.TrueAsync(() => File.Exists(Path.Combine(conductor.DataDirectory, "jwks.json")), "the keys to be on disk");
        conductor.IsControlPlaneAway = true;
        await conductor.KillAsync();
        await conductor.StartAsync();

        using var answer = await conductor.StatusAsync(conductor.Forge.Sign(conductor.Claims));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        conductor.IsControlPlaneAway = false;
    }

    private string FileOf(Guid conversationId) => Path.Combine(conductor.DataDirectory, "sessions", $"{conversationId:N}.jsonl");

    private async Task<int> TurnsKeptAsync(Guid conversationId) =>
        (await File.ReadAllLinesAsync(FileOf(conversationId))).Count(line => line.Contains("\"assistant\"", StringComparison.Ordinal));
}
