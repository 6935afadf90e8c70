using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>A model as one upstream offers it.</summary>
/// <param name="Name">What customers call it.</param>
/// <param name="UpstreamName">What the upstream calls it.</param>
/// <param name="Price">Null: none is set here.</param>
/// <param name="MaxOutput">The longest answer in tokens: what is reserved when the caller sets no limit.</param>
/// <param name="Plans">Keys of the plans that include it; empty: all.</param>
public sealed record ModelOffer(string Name, string UpstreamName, ModelPrice? Price, long MaxOutput, IReadOnlyList<string> Plans)
{
    /// <summary>It makes no text, so it has no price for output and is asked for embeddings only.</summary>
    public bool IsForEmbeddings { get; init; }
}

/// <summary>One entry of <c>Ai__Upstreams</c>.</summary>
public sealed record UpstreamOptions
{
    public required string Name { get; init; }

    public required AiForm Form { get; init; }

    /// <summary>Ends in a slash; what an operation adds stands in <see cref="AiOperations.Path"/>.</summary>
    public required Uri BaseUrl { get; init; }

    public string? Key { get; init; }

    /// <summary>Lower ones are asked first.</summary>
    public int Order { get; init; }

    /// <summary>How many requests it is asked at the same time by one node.</summary>
    public int MaxConcurrent { get; init; } = 1_000;

    /// <summary>After how many failures in a row it is left alone for a while.</summary>
    public int MaxFailures { get; init; } = 5;

    /// <summary>How long it may take to begin its answer.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long it may be silent in the middle of an answer.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a stream is read on for its usage when the client has left; zero: it is ended at once.</summary>
    public TimeSpan Drain { get; init; }

    public required IReadOnlyList<ModelOffer> Models { get; init; }
}
