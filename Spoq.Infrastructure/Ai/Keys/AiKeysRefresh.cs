using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>
/// Keeps the keys in memory true: a notice takes a key away within milliseconds; once a second whatever changed is read,
/// in case a notice was lost; every quarter of a minute everything is, for plans and suspensions.
/// </summary>
internal sealed class AiKeysRefresh(AiKeys keys, AiAccounts accounts, KeyReading reading, Notices notices, TimeProvider clock, ILogger<AiKeysRefresh> logger) : BackgroundService
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_whole = TimeSpan.FromSeconds(15);

    /// <summary>How far the clocks of two nodes, and the start and the commit of a transaction, may be apart.</summary>
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(10);

    private readonly Channel<Guid> _accounts = Channel.CreateBounded<Guid>(new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropOldest });
    private DateTimeOffset _readAt;
    private DateTimeOffset _wholeAt;
    private volatile bool _isWholeDue;

    /// <summary>Reads what is due.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (_isWholeDue || now - _wholeAt >= s_whole || now < _wholeAt)
        {
            _isWholeDue = false;
            var before = keys.Forgotten;
            keys.Replace(await reading.AllAsync(cancellationToken), before);
            _wholeAt = now;
            if (keys.TakeUses() is { Count: > 0 } uses)
            {
                await reading.TouchAsync(uses, cancellationToken);
            }
        }
        else
        {
            var before = keys.Forgotten;
            (await reading.ChangedAsync(_readAt - s_overlap, cancellationToken)).ForEach(row => keys.Put(row, before));
        }

        _readAt = now;
        while (_accounts.Reader.TryRead(out var accountId))
        {
            await accounts.RefreshAsync(accountId, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var ofKeys = notices.Listen(ApiKeyGate.Channel, HearOfKey);
        using var ofAccounts = notices.Listen(Grants.Channel, HearOfAccount);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception away) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogDebug(away, "The keys could not be read; those that are known stay");
                _isWholeDue = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(s_tick, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void HearOfKey(string keyId)
    {
        if (Guid.TryParse(keyId, out var id))
        {
            keys.Forget(id);
        }
        else
        {
            // The listening connection is new and may have missed something.
            _isWholeDue = true;
        }
    }

    private void HearOfAccount(string id)
    {
        if (Guid.TryParse(id, out var accountId))
        {
            _accounts.Writer.TryWrite(accountId);
        }
    }
}
