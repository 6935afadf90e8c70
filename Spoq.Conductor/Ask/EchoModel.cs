using System.Runtime.CompilerServices;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;

namespace Spoq.Conductor.Ask;

/// <summary>
/// <c>spoq-echo</c>: says the question back, word by word. A token is a word with the white space before it. A line such as
/// <c>/tool read {"path":"notes.txt"}</c> makes it use that tool, one line a step, and say the last result, so that the way
/// of tools can be walked without a model.
/// </summary>
internal sealed class EchoModel : IAgentModel
{
    private const string Sign = "/tool ";

    public string Name => "spoq-echo";

    public async IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, IReadOnlyList<Tool> tools, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var asked = turns.Last(turn => turn.Role == "user");
        var script = asked.Text.Split('\n').Where(line => line.StartsWith(Sign, StringComparison.Ordinal)).ToList();
        var done = turns.Reverse().TakeWhile(turn => turn != asked).Count(turn => turn.Role == "tool");
        var input = turns.Sum(turn => Words(PromptText.Of(turn)).Count());
        if (done < script.Count)
        {
            var words = script[done][Sign.Length..].Split(' ', 2);
            yield return new ModelCall(new ToolCall($"echo-{done + 1}", words[0], words.ElementAtOrDefault(1) ?? "{}"));
            yield return new ModelUsage(input, 1);
            yield break;
        }

        var output = 0;
        foreach (var word in Words(script.Count > 0 ? turns[^1].Text : PromptText.Of(asked)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            output++;
            yield return new ModelText(word);
            await Task.Yield();
        }

        yield return new ModelUsage(input, output);
    }

    internal static IEnumerable<string> Words(string text)
    {
        var start = 0;
        var end = text.AsSpan().TrimEnd().Length;
        for (var at = 1; at < end; at++)
        {
            if (char.IsWhiteSpace(text[at]) && !char.IsWhiteSpace(text[at - 1]))
            {
                yield return text[start..at];
                start = at;
            }
        }

        if (start < text.Length)
        {
            yield return text[start..];
        }
    }
}
