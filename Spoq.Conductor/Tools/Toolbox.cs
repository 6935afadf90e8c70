using Spoq.Conductor.Run;
using Spoq.Conductor.Sessions;

namespace Spoq.Conductor.Tools;

/// <summary>All tools, and the one place where using them goes wrong in words.</summary>
internal sealed class Toolbox(Workspace workspace, CommandGuard guard, ILogger<Toolbox> log)
{
    public IReadOnlyList<Tool> All { get; } =
        [new RunTool(workspace, guard), new ReadTool(workspace), new WriteTool(workspace), new EditTool(workspace), new ListTool(workspace), new SearchTool(workspace)];

    public Tool? Find(string name) => All.FirstOrDefault(tool => tool.Name == name);

    public string Summarize(ToolCall call) => Find(call.Name) is { } tool && ToolArguments.Parse(call.Arguments) is { } arguments ? tool.Summarize(arguments) : call.Arguments;

    /// <summary>Never fails but by being stopped: what goes wrong is told to the model, which tries something else.</summary>
    public async Task<ToolOutcome> UseAsync(ToolCall call, CancellationToken cancellationToken)
    {
        if (Find(call.Name) is not { } tool)
        {
            return ToolOutcome.Error($"There is no tool '{call.Name}'. There are: {string.Join(", ", All.Select(one => one.Name))}.");
        }

        if (ToolArguments.Parse(call.Arguments) is not { } arguments)
        {
            return ToolOutcome.Error("The arguments are not a JSON object.");
        }

        try
        {
            return await tool.UseAsync(arguments, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return ToolOutcome.Error("There is no such file or folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ToolOutcome.Error(e.Message);
        }
        catch (TooManyProcessesException e)
        {
            return ToolOutcome.Error(e.Message);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            log.LogError("No shell could be started (error {Number}).", e.NativeErrorCode);
            return ToolOutcome.Error("The shell could not be started.");
        }
    }
}
