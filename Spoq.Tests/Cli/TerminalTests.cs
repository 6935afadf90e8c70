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
        using var process = _cli.Start("run", "echo begun; sleep 7451");
        process.StandardInput.Close();
        Assert.Equal("begun", await process.StandardOutput.ReadLineAsync());

        using var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{process.Id}"]);
        var end = await SpoqCli.EndAsync(process);

        Assert.Equal(130, end.ExitCode);
        await Eventually.TrueAsync(
            () => !System.Diagnostics.Process.GetProcessesByName("sleep").Any(one => File.Exists($"/proc/{one.Id}/cmdline") && File.ReadAllText($"/proc/{one.Id}/cmdline").Contains("7451", StringComparison.Ordinal)),
            "the sleeper to be gone");
    }

    private static string Plain(string shown) => System.Text.RegularExpressions.Regex.Replace(shown, "\e\\[[0-9;]*[mK]|\r", "");
}
