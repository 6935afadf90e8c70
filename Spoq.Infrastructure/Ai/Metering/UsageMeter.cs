namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>One call of an upstream, one usage event: opened before the upstream is asked, ended or abandoned after.</summary>
public sealed class UsageMeter(TimeProvider clock)
{
    /// <summary>Null: the spool is at its cap. Answer 503; a call that cannot be metered is not made.</summary>
    public MeteredCall? Open(in CallFacts facts) => new(Guid.CreateVersion7(clock.GetUtcNow()), facts);
}
