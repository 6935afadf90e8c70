using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>
/// Keeps the keys in memory true: a notice takes a key away or reads an account anew within milliseconds; once a second
/// whatever changed is read, and how those accounts stand that are asking now, in case a notice was lost or never
/// sent; every quarter of a minute everything is.
/// </summary>
internal sealed class AiKeysRefresh(AiKeys keys, AiAccounts accounts, KeyReading reading, Notices notices, TimeProvider clock, ILogger<AiKeysRefresh> logger) : BackgroundService
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_whole = TimeSpan.FromSeconds(15);

    /// <summary>A database that hangs must not keep this from trying again.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>How far the clocks of two nodes, and the start and the commit of a transaction, may be apart.</summary>
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(10);

    private readonly Channel<Guid> _accounts = Channel.CreateBounded<Guid>(new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly PatientReading _ticking = new(s_patience);
    private readonly PatientReading _hearing = new(s_patience);
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
            var before = keys.Mark();
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
            (await reading.ChangedAsync(_readAt - s_overlap, cancellationToken)).ForEach(row => keys.Learn(row, before));
        }

        await accounts.RefreshAsync(accounts.UsedSince(_readAt == default ? now : _readAt - s_tick), cancellationToken);
        keys.Confirm(now);
        _readAt = now;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var ofKeys = notices.Listen(ApiKeyGate.Channel, HearOfKey);
        using var ofAccounts = notices.Listen(Grants.Channel, HearOfAccount);
        await Task.WhenAll(TickAsync(stoppingToken), HearAsync(stoppingToken));
    }

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await TryAsync(_ticking, RunOnceAsync, stoppingToken))
            {
                _isWholeDue = true;
            }

            await Task.Delay(s_tick, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HearAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _accounts.Reader.WaitToReadAsync(stoppingToken))
            {
                var changed = new HashSet<Guid>();
                while (_accounts.Reader.TryRead(out var accountId))
                {
                    changed.Add(accountId);
                }

                _isWholeDue |= !await TryAsync(_hearing, limit => accounts.RefreshAsync(changed, limit), stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private async Task<bool> TryAsync(PatientReading reading, Func<CancellationToken, Task> read, CancellationToken stoppingToken)
    {
        try
        {
            await reading.RunAsync(read, stoppingToken);
            return true;
        }
        catch (Exception away)
        {
            if (!stoppingToken.IsCancellationRequested)
            {
                logger.LogDebug(away, "The keys could not be read; those that are known stay");
            }

            return false;
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

    /// <summary>The id of a grant that was ended is no account's, and read by nobody.</summary>
    private void HearOfAccount(string id)
    {
        if (Guid.TryParse(id, out var changed))
        {
            accounts.Forget(changed);
            _accounts.Writer.TryWrite(changed);
        }
        else
        {
            _isWholeDue = true;
        }
    }
}
