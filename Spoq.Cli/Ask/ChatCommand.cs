using System.CommandLine;
using Spoq.Cli.Computer;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Ask;

/// <summary><c>spoq chat</c>.</summary>
internal static class ChatCommand
{
    private const string Words = """
          /file PATH   send a file, a folder or a pattern along with the next question
          /new         begin a new conversation
          /exit        leave (Ctrl-D does the same); Ctrl-C stops an answer
        """;

    public static Command Build()
    {
        var conversation = new Option<Guid?>("--conversation") { Description = "Go on with this conversation.", HelpName = "id" };
        return SpoqCommand.Verb("chat", "Talk with your computer.", (call, parsed, cancellationToken) => RunAsync(call, parsed, parsed.GetValue(conversation), cancellationToken), conversation, AskCommand.Approve, ComputerFinder.On);
    }

    private static async Task<int> RunAsync(Call call, ParseResult parsed, Guid? conversationId, CancellationToken cancellationToken)
    {
        var approval = AskCommand.ApprovalFor(call, parsed);
        using var computer = await ComputerFinder.FindAsync(call, parsed, cancellationToken);
        call.Screen.Note($"Talking with {computer.Name}. /help shows what else can be typed.");
        var id = conversationId ?? Guid.CreateVersion7();
        var attachments = new Attachments();
        while (await ReadAsync(call, cancellationToken) is { } line)
        {
            switch (line.Split(' ', 2, StringSplitOptions.TrimEntries))
            {
                case [""]:
                    break;
                case ["/exit" or "/quit"]:
                    return ExitCode.Ok;
                case ["/help"]:
                    call.Screen.Complain(Words);
                    break;
                case ["/new"]:
                    (id, attachments) = (Guid.CreateVersion7(), new Attachments());
                    call.Screen.Note("A new conversation.");
                    break;
                case ["/file", var path]:
                    Attach(call, attachments, path);
                    break;
                case [['/', .. var unknown], ..] when !unknown.Contains('/', StringComparison.Ordinal):
                    call.Screen.Complain($"/{unknown} means nothing here. /help shows what can be typed.");
                    break;
                default:
                    await AskAsync(call, computer, new AskRequest(line, id, attachments.Files is { Count: > 0 } files ? files : null, approval), cancellationToken);
                    attachments = new Attachments();
                    break;
            }
        }

        return ExitCode.Ok;
    }

    /// <summary>Null: the end.</summary>
    private static async Task<string?> ReadAsync(Call call, CancellationToken cancellationToken)
    {
        if (call.Screen.IsInteractive)
        {
            call.Screen.Flush();
            await Notes.Writer.WriteAsync(call.Screen.NoteInk.Green("> "));
        }

        return (await Task.Run(Console.ReadLine, cancellationToken).WaitAsync(cancellationToken))?.Trim();
    }

    private static void Attach(Call call, Attachments attachments, string path)
    {
        try
        {
            attachments.Add(path);
            call.Screen.Note($"{attachments.Files.Count} files go along with the next question.");
        }
        catch (CommandFailedException no)
        {
            call.Screen.Complain(no.Message);
        }
    }

    /// <summary>Ctrl-C ends the answer, not the talk; an answer that fails does not end it either.</summary>
    private static async Task AskAsync(Call call, ComputerClient computer, AskRequest request, CancellationToken cancellationToken)
    {
        using var stopped = Interrupts.Inner(cancellationToken);
        try
        {
            await new Turn(call, computer).AskAsync(request, stopped.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            call.Screen.Complain("Stopped.");
        }
        catch (CommandFailedException no) when (no.ExitCode is ExitCode.Failed or ExitCode.Network)
        {
            call.Screen.Complain(no.Message);
        }
        finally
        {
            Interrupts.EndInner();
        }
    }
}
