using System.CommandLine;

namespace Spoq.Cli;

internal static class SpoqCommand
{
    private const string Description = """
        Spoq: your personal AI computer, from your own terminal.

        Examples:
          spoq status                            is the control plane well?
          spoq status --url http://localhost:5080
          spoq status --json | jq .version

        SPOQ_URL names the control plane; --url goes before it.
        """;

    public static RootCommand Build() => new(Description) { StatusCommand.Build() };

    /// <summary>A mistyped command line ends with 2, an interrupted one with 130.</summary>
    public static async Task<int> InvokeSafelyAsync(this ParseResult parsed)
    {
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync("Run 'spoq --help' to see what can be typed.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }
}
