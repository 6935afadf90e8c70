using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops;

/// <summary>
/// PostgreSQL's LISTEN/NOTIFY: one listening connection a process, fanned out to whoever listens here.
/// A notice carries ids only; the reader loads. Nothing is connected before somebody listens.
/// </summary>
public sealed class Notices(DatabaseAddress database, IHostApplicationLifetime lifetime, ILogger<Notices> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Guid, Action<string>>> _listeners = [];
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
    private readonly Lock _start = new();
    private CancellationTokenSource _changed = new();
    private Task? _loop;

    /// <summary>Sent when the caller's transaction commits.</summary>
    public static async Task PublishAsync(SpoqDbContext db, string channel, string payload, CancellationToken cancellationToken) =>
        await db.Database.ExecuteSqlAsync($"select pg_notify({channel}, {payload})", cancellationToken);

    /// <param name="channel">The channel: our own constant.</param>
    /// <param name="onNotice">Called on a pool thread with the payload; empty means that the connection is new: re-read everything.</param>
    public IDisposable Listen(string channel, Action<string> onNotice)
    {
        var id = Guid.NewGuid();
        var listeners = _listeners.GetOrAdd(channel, _ => []);
        lock (_start)
        {
            // Inside the lock: of two that come first at once, one must see that it was.
            listeners[id] = onNotice;
            _loop ??= Task.Run(LoopAsync);
            if (listeners.Count == 1)
            {
                _changed.Cancel();
            }
        }

        return new Listener(() => listeners.TryRemove(id, out _));
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                logger.LogWarning(error, "The listening connection broke; it is made again");
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false, KeepAlive = 30 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(stop);
        connection.Notification += (_, notice) => Tell(notice.Channel, notice.Payload);
        var known = new HashSet<string>();
        while (true)
        {
            var changed = Renew();
            foreach (var channel in _listeners.Keys.Where(known.Add))
            {
                await using var listen = new NpgsqlCommand($"listen \"{channel}\"", connection);
                await listen.ExecuteNonQueryAsync(stop);
                Tell(channel, "");
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, changed);
            try
            {
                while (true)
                {
                    await connection.WaitAsync(either.Token);
                }
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // A new channel: listen to it as well.
            }
        }
    }

    private CancellationToken Renew()
    {
        lock (_start)
        {
            if (_changed.IsCancellationRequested)
            {
                _changed.Dispose();
                _changed = new CancellationTokenSource();
            }

            return _changed.Token;
        }
    }

    private void Tell(string channel, string payload)
    {
        if (!_listeners.TryGetValue(channel, out var listeners))
        {
            return;
        }

        foreach (var listener in listeners.Values)
        {
            try
            {
                listener(payload);
            }
            catch (Exception error)
            {
                logger.LogError(error, "A listener of {Channel} failed", channel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_loop is not null)
        {
            await _loop;
        }

        _changed.Dispose();
        _stop.Dispose();
    }

    private sealed class Listener(Action stop) : IDisposable
    {
        public void Dispose() => stop();
    }
}
