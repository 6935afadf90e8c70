using System.CommandLine;
using Spoq.Cli.Computer;
using Spoq.Core.Wire;

namespace Spoq.Cli.Ask;

/// <summary><c>spoq ask</c>.</summary>
internal static class AskCommand
{
    private const string LastFile = "last_conversation";

    public static readonly Option<string[]> Files = new("--file", "-f") { Description = "Send a file, a folder or a pattern along; what git ignores stays out. May be given more than once.", HelpName = "path" };

    public static readonly Option<string?> Approve = new("--approve")
    {
        Description = "Commands and changes of files: auto does them, ask asks you first, never refuses them (default: ask on a terminal, never elsewhere).",
        HelpName = "auto|ask|never",
    };

    public static Command Build()
    {
        var words = new Argument<string[]>("question") { Description = "What to ask. - stands for what is piped in, @path sends that file along.", Arity = ArgumentArity.ZeroOrMore };
        var goOn = new Option<bool>("--continue", "-c") { Description = "Go on with the last conversation." };
        var conversation = new Option<Guid?>("--conversation") { Description = "Go on with this conversation, or begin it under this id.", HelpName = "id" };
        Approve.AcceptOnlyFromAmong("auto", "ask", "never");
        return SpoqCommand.Verb(
            "ask", "Ask your computer something.",
            (call, parsed, cancellationToken) => RunAsync(call, parsed, parsed.GetValue(words)!, parsed.GetValue(conversation) ?? (parsed.GetValue(goOn) ? Last(call) : null), cancellationToken),
            words, Files, goOn, conversation, Approve, ComputerFinder.On);
    }

    /// <summary>Who cannot be asked has not agreed.</summary>
    public static string ApprovalFor(Call call, ParseResult parsed)
    {
        var mode = parsed.GetValue(Approve) ?? (call.Screen.IsInteractive ? "ask" : "never");
        return mode == "ask" && !call.Screen.IsInteractive
            ? throw new CommandFailedException(ExitCode.Usage, "Nobody can be asked here: this is no terminal. Choose --approve auto or --approve never.")
            : mode;
    }

    private static async Task<int> RunAsync(Call call, ParseResult parsed, string[] words, Guid? conversationId, CancellationToken cancellationToken)
    {
        var approval = ApprovalFor(call, parsed);
        var question = await Question.ReadAsync(words, parsed.GetValue(Files) ?? [], call.Screen, cancellationToken);
        using var computer = await ComputerFinder.FindAsync(call, parsed, cancellationToken);
        var files = question.Attachments.Files;
        var id = conversationId ?? Guid.CreateVersion7();
        var turn = new Turn(call, computer);
        var said = await turn.AskAsync(new AskRequest(question.Prompt, id, files.Count > 0 ? files : null, approval), cancellationToken);
        if (call.WantsJson)
        {
            call.Answer(said, CliJson.Default.AskShown, () => "");
        }

        await call.Home.WriteAsync(LastFile, new LastConversation(id), CliJson.Default.LastConversation, CancellationToken.None);

        return ExitCode.Ok;
    }

    private static Guid? Last(Call call) => call.Home.Read(LastFile, CliJson.Default.LastConversation)?.Id
        ?? throw new CommandFailedException(ExitCode.Usage, "There is no conversation to go on with yet. Ask without --continue first.");
}

internal sealed record LastConversation(Guid Id);
