using System.CommandLine;
using Spoq.Cli.Account;
using Spoq.Cli.Ask;
using Spoq.Cli.Computer;
using Spoq.Cli.Help;
using Spoq.Cli.Sync;
using Spoq.Cli.Terminal;
using Spoq.Cli.Updates;

namespace Spoq.Cli;

internal static class SpoqCommand
{
    private const string Description = "Spoq: your personal AI computer, from your own terminal.";

    public static RootCommand Build()
    {
        var root = new RootCommand(Description)
        {
            InitCommand.Build(),
            AskCommand.Build(),
            ChatCommand.Build(),
            RunCommand.Build(),
            SyncCommand.Build(),
            StatusCommand.Build(),
            DevicesCommand.Build(),
            KeysCommand.Build(),
            UsageCommand.Build(),
            OpenCommand.Build(),
            WhoamiCommand.Build(),
            LogoutCommand.Build(),
            UpdateCommand.Build(),
            CompletionCommand.Build(),
            AuthorizedKeysCommand.Build(),
        };
        foreach (var option in CommonOptions.All)
        {
            root.Options.Add(option);
        }

        root.Subcommands.Add(HelpCommand.Build(root));
        Examples.AddTo(root);
        root.SetAction(Examples.Show);
        return root;
    }

    /// <summary>A mistyped command line ends with 2, an interrupted one with 130; nothing ends with a stack trace.</summary>
    public static async Task<int> InvokeSafelyAsync(this ParseResult parsed)
    {
        if (parsed.Errors.Count > 0 && !Examples.IsAskedFor(parsed))
        {
            foreach (var error in parsed.Errors)
            {
                await Notes.Writer.WriteLineAsync(error.Message);
            }

            await Notes.Writer.WriteLineAsync($"Run '{Examples.PathOf(parsed.CommandResult.Command)} --help' to see what can be typed.");
            return ExitCode.Usage;
        }

        try
        {
            // Not the console's own writer: its first use on a terminal switches the keypad, which nobody asked for.
            await using var output = new StreamWriter(new StandardStream(1)) { AutoFlush = true };
            using var interrupts = new Interrupts();
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = Notes.Writer }, interrupts.Token);
        }
        catch (CommandFailedException failed)
        {
            await Notes.Writer.WriteLineAsync(failed.Message);
            return failed.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (ClosedPipeException)
        {
            // Whoever read our output has seen enough.
            return ExitCode.Ok;
        }
        catch (Exception unforeseen) when (!parsed.GetValue(CommonOptions.Verbose))
        {
            await Notes.Writer.WriteLineAsync($"spoq failed: {unforeseen.Message} Run it again with --verbose to see where.");
            return ExitCode.Failed;
        }
    }

    public static Command Verb(string name, string description, Func<Call, ParseResult, CancellationToken, Task<int>> run, params Symbol[] takes)
    {
        var command = new Command(name, description);
        foreach (var symbol in takes)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var call = new Call(parsed);
            using var newest = name == "update" ? null : VersionCheck.Begin(call);
            try
            {
                var code = await run(call, parsed, cancellationToken);
                await (newest?.EndAsync() ?? Task.CompletedTask);
                return code;
            }
            finally
            {
                call.Screen.Flush();
            }
        });
        return command;
    }
}
