using System.Data.Common;
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
        var over = _over.Token;
        using var timer = new PeriodicTimer(s_poll, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                await TryAsync(changed);
            }
        }
        catch (OperationCanceledException)
        {
            // The screen is gone.
        }
    }

    private static async Task TryAsync(Func<Task> changed)
    {
        try
        {
            await changed();
        }
        catch (DbException)
        {
            // The database was away for a moment: the next look shows what is then.
        }
    }
}
