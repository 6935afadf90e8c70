namespace Spoq.Core.Ai;

/// <summary>Whose words a program or an upstream speaks.</summary>
public enum AiForm
{
    OpenAi,
    Anthropic,
}

/// <summary>What is asked of a model.</summary>
public enum AiOperation
{
    Chat,
    Completion,
    Embedding,
    Message,
    CountTokens,
}

public static class AiOperations
{
    public static AiForm Form(this AiOperation operation) => operation is AiOperation.Message or AiOperation.CountTokens ? AiForm.Anthropic : AiForm.OpenAi;

    /// <summary>Under the base address of an upstream; OpenAI's ends in <c>/v1</c>, Anthropic's does not.</summary>
    public static string Path(this AiOperation operation) => operation switch
    {
        AiOperation.Chat => "chat/completions",
        AiOperation.Completion => "completions",
        AiOperation.Embedding => "embeddings",
        AiOperation.Message => "v1/messages",
        AiOperation.CountTokens => "v1/messages/count_tokens",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "An operation of an unknown kind."),
    };
}
