using System.Text;
using Spoq.Conductor.Run;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Tools;

internal sealed class RunTool(Workspace workspace, CommandGuard guard) : Tool
{
    private const int DefaultSeconds = 120;
    private const int MaxSeconds = 1800;

    public override string Name => "run";

    public override string Description => "Run a command in a shell, in the workspace. Its output and exit code come back. It cannot be asked anything while it runs.";

    public override string Schema => """{"type":"object","properties":{"command":{"type":"string"},"timeout_seconds":{"type":"integer","minimum":1,"maximum":1800,"description":"Default 120."}},"required":["command"]}""";

    public override bool IsChange => true;

    public override string Summarize(ToolArguments arguments) => arguments.Text("command") ?? "";

    public override async Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Text("command") is not { } command || string.IsNullOrWhiteSpace(command) || command.Contains('\0', StringComparison.Ordinal))
        {
            return ToolOutcome.Error("command is missing.");
        }

        var output = new StringBuilder();
        Task Keep(RunEvent happened, CancellationToken _)
        {
            lock (output)
            {
                output.Append(happened switch { RunStdout text => text.Text, RunStderr text => text.Text, _ => "" });
            }

            return Task.CompletedTask;
        }

        var timeout = TimeSpan.FromSeconds(Math.Clamp(arguments.Number("timeout_seconds") ?? DefaultSeconds, 1, MaxSeconds));
        var exit = await new CommandRun(workspace.Root, timeout, guard, Keep).RunAsync(command, cancellationToken);
        var told = exit.TimedOut ? $"[ended after {timeout.TotalSeconds:0} s: its time was up]" : exit.ExitCode == 0 ? "" : $"[exit code {exit.ExitCode}]";
        return new ToolOutcome($"{Excerpt.Of(output.ToString())}{(output.Length > 0 && told.Length > 0 ? "\n" : "")}{told}", exit.TimedOut || exit.ExitCode != 0);
    }
}
