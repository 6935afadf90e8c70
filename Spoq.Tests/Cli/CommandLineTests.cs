using System.CommandLine;
using Spoq.Cli;
using Spoq.Cli.Help;

namespace Spoq.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public void Every_command_has_examples_and_a_description()
    {
        var all = Below(SpoqCommand.Build()).ToList();

        Assert.Empty(all.Where(command => Examples.Of(command) is null || string.IsNullOrEmpty(command.Description)).Select(Examples.PathOf));
        Assert.Superset(new HashSet<string> { "init", "ask", "run", "chat", "status", "devices", "keys", "usage", "open", "whoami", "logout", "completion", "help" }, all.Select(command => command.Name).ToHashSet());
    }

    [Theory]
    [InlineData(0, "Examples:", "--help")]
    [InlineData(0, "Examples:")]
    [InlineData(0, "spoq keys create <name>", "help", "keys", "create")]
    [InlineData(0, "spoq keys create <name>", "keys", "create", "--help")]
    [InlineData(0, "complete -F _spoq spoq", "completion", "bash")]
    public async Task Help_goes_to_stdout(int code, string expected, params string[] arguments)
    {
        using var cli = new SpoqCli();
        var told = await cli.RunAsync(arguments);

        Assert.Equal((code, ""), (told.ExitCode, told.Errors));
        Assert.Contains(expected, told.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spoq --help", "frobnicate")]
    [InlineData("spoq keys create --help", "keys", "create")]
    [InlineData("spoq ask --help", "ask", "hi", "--approve", "perhaps")]
    [InlineData("Ask something", "ask")]
    [InlineData("not a web address", "status", "--url", "example")]
    public async Task A_mistyped_command_ends_with_2_and_says_where_to_look(string expected, params string[] arguments)
    {
        using var cli = new SpoqCli();
        var told = await cli.RunAsync(arguments);

        Assert.Equal((2, ""), (told.ExitCode, told.Output));
        Assert.Contains(expected, told.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shell_is_told_what_can_follow()
    {
        using var cli = new SpoqCli();
        var told = await cli.RunAsync("[suggest:8]", "spoq key");

        Assert.Equal(["keys"], told.Output.Split('\n'));
    }

    private static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(Below).Prepend(command);
}
