using System.Runtime.CompilerServices;

namespace Spoq.Conductor.Ask;

/// <summary><c>spoq-echo</c>: says the question back, word by word. A token is a word with the white space before it.</summary>
internal sealed class EchoModel : IAgentModel
{
    public string Name => "spoq-echo";

    public async IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var output = 0;
        foreach (var word in Words(turns[^1].Text))
        {
            cancellationToken.ThrowIfCancellationRequested();
            output++;
            yield return new ModelText(word);
            await Task.Yield();
        }

        yield return new ModelUsage(turns.Sum(turn => Words(turn.Text).Count()), output);
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
