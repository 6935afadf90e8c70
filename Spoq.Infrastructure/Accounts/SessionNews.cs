using System.Collections.Concurrent;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>
/// Tells this node that sessions of an account ended, whichever node ended them: open circuits and hubs look at once,
/// and a cookie that was checked before is checked again.
/// </summary>
public sealed class SessionNews : IDisposable
{
    /// <summary>Carries the account's id.</summary>
    internal const string Channel = "sessions_ended";

    /// <summary>Longer than any cookie goes unchecked.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _clock;
    private readonly IDisposable _notices;
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _ended = new();
    private readonly ConcurrentDictionary<Guid, (Guid AccountId, Action Look)> _watches = new();

    public SessionNews(Notices notices, TimeProvider clock)
    {
        _clock = clock;
        _notices = notices.Listen(Channel, Hear);
    }

    internal static Task PublishAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken) =>
        Notices.PublishAsync(db, Channel, accountId.ToString(), cancellationToken);

    /// <summary>Whether something ended since this account's cookie was looked at.</summary>
    public bool HasNewsSince(Guid accountId, DateTimeOffset looked) => _ended.TryGetValue(accountId, out var at) && at >= looked;

    /// <param name="accountId">Whose sessions.</param>
    /// <param name="look">Called on a pool thread, also when notices may have been missed.</param>
    public IDisposable Watch(Guid accountId, Action look)
    {
        var id = Guid.CreateVersion7();
        _watches[id] = (accountId, look);
        return new Watching(() => _watches.TryRemove(id, out _));
    }

    public void Dispose() => _notices.Dispose();

    private void Hear(string payload)
    {
        var now = _clock.GetUtcNow();
        foreach (var (accountId, at) in _ended)
        {
            if (at < now - s_memory)
            {
                _ended.TryRemove(accountId, out _);
            }
        }

        var missed = !Guid.TryParse(payload, out var ended);
        if (!missed)
        {
            // Cookies carry whole seconds: one written in this second may be older than the end.
            _ended[ended] = now.AddSeconds(1);
        }

        foreach (var watch in _watches.Values.Where(watch => missed || watch.AccountId == ended))
        {
            watch.Look();
        }
    }

    private sealed class Watching(Action stop) : IDisposable
    {
        public void Dispose() => stop();
    }
}
