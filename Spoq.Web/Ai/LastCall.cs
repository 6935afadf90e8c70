using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ai;

namespace Spoq.Web.Ai;

/// <summary>When the server is stopped, answers that are under way may go on for a while; then each is told why it ends.</summary>
internal sealed class LastCall : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _stopping;

    public LastCall(IHostApplicationLifetime lifetime, IOptions<AiOptions> options)
    {
        var time = TimeSpan.FromSeconds(options.Value.StoppingSeconds);
        _stopping = lifetime.ApplicationStopping.Register(() => _over.CancelAfter(time));
    }

    /// <summary>The time is over.</summary>
    public CancellationToken Over => _over.Token;

    public void Dispose()
    {
        _stopping.Dispose();
        _over.Dispose();
    }
}
