using Spoq.Tests.Conductor;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

/// <summary>What a person at a terminal sees.</summary>
public sealed class TerminalTests(AgentFixture conductor) : IClassFixture<AgentFixture>, IDisposable
{
    private const string Answer = "# Title\n\nSome **bold** and `code` text that is long enough to be broken at a narrow terminal.\n\n- one\n- two\n\n```sh\nls -la\n```\n| a | b |\n|---|---|\n| 1 | 22 |\n";

    private readonly SpoqCli _cli = new() { ["SPOQ_SOCKET"] = conductor.Socket };

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Markdown_is_rendered_on_a_terminal_and_left_alone_in_a_pipe()
    {
        conductor.Model.Says([.. Answer.Chunk(3).Select(part => new string(part))]);
        var shown = await _cli.OnTerminalAsync("", 40, "spoq ask --approve never --quiet hi");
        conductor.Model.Says([.. Answer.Chunk(3).Select(part => new string(part))]);
        var piped = await _cli.RunAsync("ask", "hi");

        Assert.Contains("\e[1;4mTitle", shown.Output, StringComparison.Ordinal);
        Assert.Contains("\e[1mbold\e[22m", shown.Output, StringComparison.Ordinal);
        Assert.Contains("• one", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("```", shown.Output, StringComparison.Ordinal);
        Assert.All(Plain(shown.Output).Split('\n'), line => Assert.True(line.TrimEnd().Length <= 40, line));
        Assert.Equal(Answer.TrimEnd(), piped.Output);
    }

    [Fact]
    public async Task No_color_means_no_escape_sequence()
    {
        conductor.Model.Says(Answer);
        _cli["NO_COLOR"] = "1";
        var shown = await _cli.OnTerminalAsync("", 80, "spoq ask --approve never --quiet hi");

        Assert.DoesNotContain('\e', shown.Output);
        Assert.Contains("Some bold and `code` text", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_cannot_drive_the_terminal()
    {
        conductor.Model.Says("be\e]0;owned\a", "fore \e[2Jafter\r\n");
        var shown = await _cli.OnTerminalAsync("", 80, "spoq ask --approve never --quiet hi");

        Assert.DoesNotContain("\e]0", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[2J", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_asked_sees_the_whole_command_also_with_quiet()
    {
        var command = $"echo harmless {new string('x', 300)} && rm -rf hidden-at-the-end\n\necho on another line";
        conductor.Model.Calls("run", new { command }).Says("Done.");
        var shown = await _cli.OnTerminalAsync("n\n", 100, "spoq ask --quiet 'do it'");

        Assert.Contains("rm -rf hidden-at-the-end", shown.Output, StringComparison.Ordinal);
        Assert.Contains("echo on another line", shown.Output, StringComparison.Ordinal);

        conductor.Model.Calls("run", new { command = string.Join('\n', Enumerable.Range(0, 100).Select(line => $"echo {line}")) }).Says("Done.");
        var many = await _cli.OnTerminalAsync("n\n", 100, "spoq ask --quiet 'do it'");

        Assert.Contains("and 40 more lines", many.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_is_no_success()
    {
        conductor.Model.Says("An answer.");
        var told = await _cli.OnTerminalAsync("", 100, "spoq ask --approve never hi > /dev/full");

        Assert.Equal(1, told.ExitCode);
        Assert.Contains("could not be written: No space left on device", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_was_cut_is_no_success()
    {
        var told = await _cli.RunAsync("run", "head -c 9000000 /dev/zero | tr '\\0' a");

        Assert.Equal((1, 8 * 1024 * 1024), (told.ExitCode, told.Output.Length));
        Assert.Contains("cut after 8 MiB", told.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("n\n", false)]
    public async Task A_person_is_asked_before_something_is_changed(string keys, bool isDone)
    {
        var file = $"asked-{keys[0]}";
        conductor.Model.Calls("run", new { command = $"touch {file}" }).Says("Done.");

        var shown = await _cli.OnTerminalAsync(keys, 100, "spoq ask 'do it'");

        Assert.Contains($"▸ run touch {file}", Plain(shown.Output), StringComparison.Ordinal);
        Assert.Contains("Allow run?", Plain(shown.Output), StringComparison.Ordinal);
        Assert.Equal(isDone, File.Exists(Path.Combine(conductor.Workspace, file)));
    }

    [Fact]
    public async Task A_talk_goes_on_until_it_is_left()
    {
        conductor.Model.Says("Hello.").Says("Still here.");
        var shown = await _cli.PipeAsync("hi\n/nonsense\nand now?\n/exit\n", "chat");

        Assert.Equal((0, "Hello.\nStill here."), (shown.ExitCode, shown.Output));
        Assert.Contains("/nonsense means nothing here", shown.Errors, StringComparison.Ordinal);
        Assert.Equal(4, conductor.Model.Asked.Last().GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Ctrl_C_ends_the_command_with_130_and_what_it_started_with_it()
    {
        using var process = _cli.Start("run", "echo begun; sleep 7461");
        process.StandardInput.Close();
        Assert.Equal("begun", await process.StandardOutput.ReadLineAsync());

        using var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{process.Id}"]);
        var end = await SpoqCli.EndAsync(process);

        Assert.Equal(130, end.ExitCode);
        await Eventually.TrueAsync(() => Sleepers.Count("7461") == 0, "the sleeper to be gone");
    }

    private static string Plain(string shown) => System.Text.RegularExpressions.Regex.Replace(shown, "\e\\[[0-9;]*[mK]|\r", "");
}
