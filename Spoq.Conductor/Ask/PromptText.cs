using System.Text;
using Spoq.Conductor.Sessions;

namespace Spoq.Conductor.Ask;

/// <summary>What a model reads of a conversation.</summary>
internal static class PromptText
{
    /// <summary>About 150,000 tokens; what is older is left out.</summary>
    private const int MaxCharacters = 600_000;

    private const string Interrupted = "This was interrupted before it gave a result.";

    public static string System(string hostname, DateTimeOffset now) => $"""
        You are the agent on {hostname}, a personal Linux computer. You work for its owner, who asks you from a terminal, a browser or a phone.
        Your tools work in the workspace, the owner's folder on this computer; paths are relative to it. Look before you change something, and say in the end what you did.
        When a tool is refused, do not try the same again: say what you would have done. Answer in Markdown, shortly. Today is {now:yyyy-MM-dd}.
        """;

    /// <summary>A question with what was sent along.</summary>
    public static string Of(SessionTurn turn)
    {
        if (turn.Files is not { Count: > 0 } files)
        {
            return turn.Text;
        }

        var text = new StringBuilder(turn.Text);
        foreach (var file in files)
        {
            text.Append($"\n\n<file path=\"{file.Path.Replace('"', '\'')}\">\n").Append(file.Content).Append("\n</file>");
        }

        return text.ToString();
    }

    /// <summary>
    /// Whole exchanges from the end, so many as there is room for, the last one always. Every call has its result after it:
    /// a crash may have come between the two, and a model's endpoint refuses what is not complete.
    /// </summary>
    public static List<SessionTurn> Fit(IReadOnlyList<SessionTurn> turns)
    {
        var first = turns.Count;
        var room = MaxCharacters;
        for (var at = turns.Count - 1; at >= 0; at--)
        {
            room -= Of(turns[at]).Length + (turns[at].Calls?.Sum(call => call.Arguments.Length) ?? 0);
            if (room < 0 && first < turns.Count)
            {
                break;
            }

            first = turns[at].Role == "user" ? at : first;
        }

        return Complete(turns.Skip(first == turns.Count ? 0 : first));
    }

    private static List<SessionTurn> Complete(IEnumerable<SessionTurn> turns)
    {
        var whole = new List<SessionTurn>();
        var open = new List<SessionTurn>();
        foreach (var turn in turns)
        {
            if (turn.Role == "tool")
            {
                // A result that nobody asked for is as bad as a call without one.
                if (open.RemoveAll(one => one.CallId == turn.CallId) > 0)
                {
                    whole.Add(turn);
                }

                continue;
            }

            whole.AddRange(open);
            open = [.. (turn.Calls ?? []).Select(call => new SessionTurn("tool", Interrupted, turn.At) { CallId = call.Id })];
            if (turn.Role != "assistant" || turn.Text.Length > 0 || turn.Calls is { Count: > 0 })
            {
                whole.Add(turn);
            }
        }

        return [.. whole, .. open];
    }
}
