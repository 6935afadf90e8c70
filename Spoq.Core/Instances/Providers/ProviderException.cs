namespace Spoq.Core.Instances.Providers;

/// <summary>A provider's "no", in our words: the message is shown to the customer.</summary>
public sealed class ProviderException : Exception
{
    public ProviderException()
    {
    }

    public ProviderException(string message)
        : base(message)
    {
    }

    public ProviderException(string message, Exception? cause)
        : base(message, cause)
    {
    }

    /// <summary>Stable, <c>snake_case</c>.</summary>
    public string Code { get; init; } = "provider_error";

    /// <summary>The provider asks for patience (429, 5xx, maintenance): this is no failure of the instance.</summary>
    public TimeSpan? WaitFor { get; init; }

    /// <summary>Trying again cannot help: the order itself is refused.</summary>
    public bool IsFinal { get; init; }
}
