using System.Net.Http.Json;
using System.Text;
using Spoq.Cli.Computer;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Ask;

/// <summary>One question and all that comes back, shown as it comes.</summary>
internal sealed class Turn(Call call, ComputerClient computer)
{
    private readonly Screen _screen = call.Screen;
    private readonly StringBuilder _text = new();
    private readonly List<ToolShown> _tools = [];
    private readonly MarkdownPrinter? _markdown = call.Screen.IsTerminal && !call.WantsJson ? new MarkdownPrinter(call.Screen) : null;
    private Spinner? _spinner;
    private AskUsage? _usage;

    public async Task<AskShown> AskAsync(AskRequest request, CancellationToken cancellationToken)
    {
        _spinner = _screen.Spin("Thinking...");
        try
        {
            await foreach (var happened in computer.StreamAsync("/api/ask", JsonContent.Create(request, WireJson.Default.AskRequest), WireJson.Default.AskEvent, cancellationToken))
            {
                await TakeAsync(happened, request, cancellationToken);
                if (happened is AskDone done)
                {
                    return await EndAsync(done.ConversationId);
                }
            }
        }
        finally
        {
            await QuietAsync();
            _markdown?.End();
        }

        throw computer.BrokenOff();
    }

    private async Task TakeAsync(AskEvent happened, AskRequest request, CancellationToken cancellationToken)
    {
        switch (happened)
        {
            case AskText text:
                await QuietAsync();
                Show(text.Text);
                break;
            case AskToolCall tool:
                await QuietAsync();
                _tools.Add(new ToolShown(tool.Name, tool.Summary));
                _markdown?.EndLine();
                _screen.Note(_screen.NoteInk.Dim($"▸ {tool.Name} {OneLine(tool.Summary)}"));
                _spinner = _screen.Spin("Working...");
                break;
            case AskApproval approval:
                await QuietAsync();
                await ApproveAsync(approval, request.ConversationId!.Value, cancellationToken);
                _spinner = _screen.Spin("Working...");
                break;
            case AskToolResult { IsError: true } result:
                await QuietAsync();
                _screen.Note(_screen.NoteInk.Yellow($"  {OneLine(result.Output)}"));
                _spinner = _screen.Spin("Thinking...");
                break;
            case AskUsage usage:
                _usage = usage;
                break;
            case AskFailed failed:
                await QuietAsync();
                _markdown?.EndLine();
                throw new CommandFailedException(ExitCode.Failed, failed.Message);
        }
    }

    private void Show(string piece)
    {
        _text.Append(piece);
        if (_markdown is not null)
        {
            _markdown.Write(Ink.Tame(piece));
        }
        else if (!call.WantsJson)
        {
            _screen.Write(piece);
        }
    }

    private async Task ApproveAsync(AskApproval approval, Guid conversationId, CancellationToken cancellationToken)
    {
        // All of it, also with --quiet: nobody can allow what they have not seen.
        _markdown?.EndLine();
        _screen.Complain(Whole(approval.Summary));
        await Notes.Writer.WriteAsync($"  {_screen.NoteInk.Bold($"Allow {approval.Name}?")} [y]es, [a]lways in this answer, [n]o: ");
        var said = await Task.Run(Console.ReadLine, cancellationToken).WaitAsync(cancellationToken);
        var decision = said?.Trim().ToLowerInvariant() switch
        {
            "y" or "yes" => "allow",
            "a" or "always" => "always",
            _ => "deny",
        };
        await computer.SendAsync("/api/ask/approvals", new ApprovalRequest(conversationId, approval.CallId, decision), WireJson.Default.ApprovalRequest, cancellationToken);
    }

    private async Task<AskShown> EndAsync(Guid conversationId)
    {
        await QuietAsync();
        if (_markdown is null && !call.WantsJson && _text.Length > 0 && _text[^1] != '\n')
        {
            _screen.Write("\n");
        }

        _screen.Detail($"{_usage?.Model}: {_usage?.InputTokens} tokens in, {_usage?.OutputTokens} out. Conversation {conversationId}");
        return new AskShown(conversationId, _text.ToString(), _tools, _usage?.Model, _usage?.InputTokens, _usage?.OutputTokens);
    }

    private async Task QuietAsync()
    {
        if (_spinner is { } spinning)
        {
            _spinner = null;
            await spinning.DisposeAsync();
        }
    }

    /// <summary>What is left out is counted, so that nothing hides behind what is shown.</summary>
    internal static string Whole(string summary)
    {
        const int MostLines = 60;
        const int MostCharacters = 8000;
        var text = Ink.Tame(summary).TrimEnd();
        var cut = text.Length > MostCharacters ? text.Length - MostCharacters : 0;
        var lines = text[..^cut].Split('\n');
        var shown = string.Join('\n', lines.Take(MostLines).Select(line => $"  │ {line}"));
        var more = text.AsSpan()[^cut..].Count('\n') + Math.Max(0, lines.Length - MostLines);
        return (more, cut) switch
        {
            (0, 0) => shown,
            ( > 0, _) => $"{shown}\n  … and {more} more lines that are not shown",
            _ => $"{shown}\n  … and {cut} more characters that are not shown",
        };
    }

    private static string OneLine(string text)
    {
        const int Longest = 120;
        var line = Ink.Tame(text).Trim().Split('\n')[0];
        return line.Length > Longest ? line[..Longest] + "…" : line;
    }
}

internal sealed record AskShown(Guid ConversationId, string Text, IReadOnlyList<ToolShown> Tools, string? Model, int? InputTokens, int? OutputTokens);

internal sealed record ToolShown(string Name, string Summary);
