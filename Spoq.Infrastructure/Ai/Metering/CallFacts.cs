using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>What is known of a call before its upstream is asked.</summary>
/// <param name="PromptTokensEstimate">Counted as the input once the upstream was asked, when no usage ever comes.</param>
public readonly record struct CallFacts(Guid AccountId, Guid? ApiKeyId, string Model, string Upstream, ModelPrice Price, long PromptTokensEstimate)
{
    /// <summary>The event's key; null: a new one.</summary>
    public Guid? RequestId { get; init; }
}
