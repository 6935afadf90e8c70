using System.Runtime.CompilerServices;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;
using Spoq.Core.Ai;

namespace Spoq.Conductor.Ask;

/// <summary>
/// <c>spoq-echo</c>: says the question back, word by word, or does what <see cref="EchoScript"/> reads from it. A token is a
/// word with the white space before it.
/// </summary>
internal sealed class EchoModel : IAgentModel
{
    public string Name => "spoq-echo";

    public async IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, IReadOnlyList<Tool> tools, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var asked = turns.Last(turn => turn.Role == "user");
        var script = EchoScript.Steps(asked.Text);
        var done = turns.Reverse().TakeWhile(turn => turn != asked).Count(turn => turn.Role == "tool");
        var input = turns.Sum(turn => Words(PromptText.Of(turn)).Count());
        if (done < script.Count)
        {
            yield return new ModelCall(new ToolCall(script[done].Id, script[done].Tool, script[done].Arguments));
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
