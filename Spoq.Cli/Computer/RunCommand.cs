using System.CommandLine;
using System.Net.Http.Json;
using System.Text;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Computer;

/// <summary><c>spoq run</c>.</summary>
internal static class RunCommand
{
    public static Command Build()
    {
        var timeout = new Option<int?>("--timeout") { Description = "Seconds until the command is ended: 1 to 3600 (default: 600).", HelpName = "seconds" };
        var words = new Argument<string[]>("command") { Description = "The command; quote it, or put -- before it, so that your own shell leaves it alone.", Arity = ArgumentArity.OneOrMore };
        var command = SpoqCommand.Verb("run", "Run a command on your computer. Its output is text, at most 8 MiB; send more, or what is no text, to a file there.", (call, parsed, cancellationToken) => RunAsync(
            call, parsed, new RunRequest(string.Join(' ', parsed.GetValue(words)!), parsed.GetValue(timeout)), cancellationToken), words, timeout, ComputerFinder.On);
        return command;
    }

    private static async Task<int> RunAsync(Call call, ParseResult parsed, RunRequest request, CancellationToken cancellationToken)
    {
        using var computer = await ComputerFinder.FindAsync(call, parsed, cancellationToken);
        var kept = call.WantsJson ? new Kept() : null;
        await foreach (var happened in computer.StreamAsync("/api/run", JsonContent.Create(request, WireJson.Default.RunRequest), WireJson.Default.RunEvent, cancellationToken))
        {
            switch (happened)
            {
                case RunStdout output when kept is not null:
                    kept.Output.Append(output.Text);
                    break;
                case RunStderr output when kept is not null:
                    kept.Errors.Append(output.Text);
                    break;
                case RunStdout output:
                    call.Screen.Write(output.Text);
                    break;
                case RunStderr output:
                    await Notes.Writer.WriteAsync(output.Text);
                    break;
                case RunExit exit:
                    return End(call, exit, kept);
                case RunFailed failed:
                    throw new CommandFailedException(ExitCode.Failed, failed.Message);
            }
        }

        throw computer.BrokenOff();
    }

    /// <summary>The command's exit code is ours, as with ssh.</summary>
    private static int End(Call call, RunExit exit, Kept? kept)
    {
        if (kept is not null)
        {
            var shown = new RunShown(exit.ExitCode, kept.Output.ToString(), kept.Errors.ToString(), exit.DurationMs, exit.TimedOut, exit.Truncated);
            call.Answer(shown, CliJson.Default.RunShown, () => "");
        }

        if (exit.TimedOut)
        {
            call.Screen.Complain("The command was ended: its time was up. Give it more with --timeout.");
        }

        if (exit.Truncated)
        {
            call.Screen.Complain("The output was cut after 8 MiB. Send it to a file there, then fetch that with: spoq sync");
        }

        // Half of an output must not pass for all of it.
        return exit is { Truncated: true, ExitCode: 0 } ? ExitCode.Failed : exit.ExitCode;
    }

    private sealed class Kept
    {
        public StringBuilder Output { get; } = new();

        public StringBuilder Errors { get; } = new();
    }
}

internal sealed record RunShown(int ExitCode, string Stdout, string Stderr, long DurationMs, bool TimedOut, bool Truncated);
