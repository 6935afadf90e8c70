namespace Spoq.Conductor.Ask;

/// <summary>Whoever answers. The echo does until an AI proxy is configured.</summary>
internal interface IAgentModel
{
    string Name { get; }

    /// <param name="turns">The session so far; the last one is the question.</param>
    /// <param name="cancellationToken">Stops the answer between two pieces.</param>
    IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, CancellationToken cancellationToken);
}

/// <summary>A piece of the answer, or at its end what it cost.</summary>
internal abstract record ModelPiece;

internal sealed record ModelText(string Text) : ModelPiece;

internal sealed record ModelUsage(int InputTokens, int OutputTokens) : ModelPiece;
