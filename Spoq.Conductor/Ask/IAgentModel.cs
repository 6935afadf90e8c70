using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;

namespace Spoq.Conductor.Ask;

/// <summary>Whoever answers: a model behind an endpoint of OpenAI's form, or the echo where none is configured.</summary>
internal interface IAgentModel
{
    string Name { get; }

    /// <param name="turns">The session so far; the last one is a question or the result of a tool.</param>
    /// <param name="tools">What may be used.</param>
    /// <param name="cancellationToken">Stops the answer between two pieces.</param>
    /// <exception cref="ModelException"/>
    IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, IReadOnlyList<Tool> tools, CancellationToken cancellationToken);
}

/// <summary>A piece of the answer, a wish to use a tool, or at its end what it cost.</summary>
internal abstract record ModelPiece;

internal sealed record ModelText(string Text) : ModelPiece;

internal sealed record ModelCall(ToolCall Call) : ModelPiece;

internal sealed record ModelUsage(int InputTokens, int OutputTokens) : ModelPiece;

/// <summary>The model did not answer. The message is for people.</summary>
internal sealed class ModelException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;
}
