using Spoq.Infrastructure.Instances;

namespace Spoq.Web.Instances.Setup;

/// <summary>Calls a screen when its instance may have changed: at once by notice, and every three seconds should notices not get through.</summary>
internal sealed class InstanceFollow : IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _over = new();
    private readonly IDisposable _watch;

    public InstanceFollow(InstanceWatcher watcher, Guid instanceId, TimeProvider clock, Func<Task> changed)
    {
        _watch = watcher.Watch(instanceId, changed);
        _ = PollAsync(clock, changed);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _over.Cancel();
        _over.Dispose();
    }

    private async Task PollAsync(TimeProvider clock, Func<Task> changed)
    {
        using var timer = new PeriodicTimer(s_poll, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_over.Token))
            {
                await changed();
            }
        }
        catch (OperationCanceledException)
        {
            // The screen is gone.
        }
    }
}
