using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>One call of an upstream, one usage event: opened before the upstream is asked, ended or abandoned after.</summary>
public sealed class UsageMeter : IDisposable
{
    private readonly TimeProvider _clock;

    public UsageMeter(IOptions<SpoolOptions> options, TimeProvider clock, ILogger<UsageMeter> logger)
    {
        _clock = clock;
        Root = Path.GetFullPath(options.Value.SpoolDirectory);
        Spool = new UsageSpool(SpoolDirectory.Take(Root), options.Value.SpoolMegabytes, options.Value.MostCalls);
        Spool.Prepare();
        if (Spool.Waiting is > 0 and var waiting)
        {
            logger.LogInformation("{Count} usage events of a process before this one wait in spool {Spool}", waiting, Spool.Name);
        }
    }

    internal string Root { get; }

    internal UsageSpool Spool { get; }

    /// <summary>Null: the spool is at its cap. Answer 503; a call that cannot be metered is not made.</summary>
    public MeteredCall? Open(in CallFacts facts)
    {
        var now = _clock.GetUtcNow();
        var requestId = facts.RequestId ?? RequestIds.New(now);
        var startedAt = (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var slot = Spool.Open(UsageRecord.Of(requestId, startedAt, facts));
        return slot < 0 ? null : new MeteredCall(requestId, Spool, slot, facts);
    }

    public void Dispose() => Spool.Dispose();
}
