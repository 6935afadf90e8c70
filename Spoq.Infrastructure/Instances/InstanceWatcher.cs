using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances;

/// <summary>
/// Tells this node's screens that an instance changed, whichever node changed it. A call carries no data: the
/// watcher reads again. Calls to one watcher never overlap; changes meanwhile become one more call.
/// </summary>
public sealed class InstanceWatcher : IDisposable
{
    private readonly ILogger<InstanceWatcher> _log;
    private readonly IDisposable _notices;
    private readonly ConcurrentDictionary<Guid, Subscription> _watches = new();

    public InstanceWatcher(Notices notices, ILogger<InstanceWatcher> log)
    {
        _log = log;
        _notices = notices.Listen(InstanceNews.Channel, Hear);
    }

    public IDisposable Watch(Guid instanceId, Func<Task> changed)
    {
        var watch = new Subscription(this, instanceId, changed);
        _watches[watch.Id] = watch;
        return watch;
    }

    public void Dispose() => _notices.Dispose();

    /// <param name="payload">An instance id; empty when notices may have been missed, so that everybody reads again.</param>
    private void Hear(string payload)
    {
        var all = payload.Length == 0;
        if (!all && !Guid.TryParse(payload, out _))
        {
            return;
        }

        var instanceId = all ? Guid.Empty : Guid.Parse(payload);
        foreach (var watch in _watches.Values.Where(watch => all || watch.InstanceId == instanceId))
        {
            watch.Poke();
        }
    }

    private sealed class Subscription(InstanceWatcher owner, Guid instanceId, Func<Task> changed) : IDisposable
    {
        private int _pokes;
        private volatile bool _isOver;

        public Guid Id { get; } = Guid.NewGuid();

        public Guid InstanceId { get; } = instanceId;

        public void Poke()
        {
            if (Interlocked.Increment(ref _pokes) == 1)
            {
                _ = Task.Run(CallAsync);
            }
        }

        public void Dispose()
        {
            _isOver = true;
            owner._watches.TryRemove(Id, out _);
        }

        private async Task CallAsync()
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref _pokes);
                if (_isOver)
                {
                    return;
                }

                try
                {
                    await changed();
                }
#pragma warning disable CA1031 // One broken screen must not silence the others.
                catch (Exception problem)
#pragma warning restore CA1031
                {
                    owner.LogBroken(InstanceId, problem);
                }
            }
            while (Interlocked.CompareExchange(ref _pokes, 0, seen) != seen);
        }
    }

    private void LogBroken(Guid instanceId, Exception problem) =>
        _log.LogWarning(problem, "A watcher of instance {InstanceId} failed", instanceId);
}
