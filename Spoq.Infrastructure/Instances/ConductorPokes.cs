using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances;

/// <summary>
/// Tells computers at once that something about them changed: they ask what. Nobody waits for it, and a poke that is lost
/// costs half a minute, because the answer to every heartbeat names the revision there is.
/// </summary>
public sealed class ConductorPokes(IDbContextFactory<SpoqDbContext> contexts, ConductorClient conductors, Notices notices, TimeProvider clock, ILogger<ConductorPokes> logger) : BackgroundService
{
    private const int Tries = 5;
    private const int AtOnce = 32;

    private static readonly string[] s_channels = [DeviceNotices.Channel, SessionNews.Channel, Grants.Channel, DesiredStates.Channel];
    private static readonly InstanceState[] s_up = [InstanceState.Running, InstanceState.Starting, InstanceState.Restarting, InstanceState.Resizing];

    private readonly Channel<(string Of, Guid Id)> _news = Channel.CreateBounded<(string Of, Guid Id)>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly ConcurrentDictionary<Guid, bool> _waiting = [];
    private readonly SemaphoreSlim _places = new(AtOnce, AtOnce);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = s_channels.Select(channel => notices.Listen(channel, payload => Hear(channel, payload))).ToList();
        try
        {
            await foreach (var (of, id) in _news.Reader.ReadAllAsync(stoppingToken))
            {
                await TellAsync(of, id, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            listening.ForEach(one => one.Dispose());
        }
    }

    public override void Dispose()
    {
        _places.Dispose();
        base.Dispose();
    }

    /// <summary>An empty payload means that notices may be lost: the heartbeats make up for them.</summary>
    private void Hear(string channel, string payload)
    {
        if (Guid.TryParse(payload, out var id))
        {
            _news.Writer.TryWrite((channel, id));
        }
    }

    private async Task TellAsync(string of, Guid id, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var instance in await FindAsync(of, id, cancellationToken))
            {
                // One that waits for its turn will see this change too.
                if (_waiting.TryAdd(instance, true))
                {
                    _ = PokeAsync(instance, cancellationToken);
                }
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            logger.LogWarning("Computers could not be told of a change: {Reason}", error.Message);
        }
    }

    private async Task<List<Guid>> FindAsync(string of, Guid id, CancellationToken cancellationToken)
    {
        if (of == DesiredStates.Channel)
        {
            return [id];
        }

        // A grant's notice carries the grant, or the account whose standing changed.
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var accounts = db.Users.Where(user => user.Id == id || db.Set<Grant>().Any(grant => grant.Id == id && grant.AccountId == user.Id));
        return await db.Instances.Where(instance => s_up.Contains(instance.State) && accounts.Any(user => user.Id == instance.AccountId
            || db.Set<InstanceMember>().Any(member => member.InstanceId == instance.Id && member.NormalizedEmail == user.NormalizedEmail)))
            .Select(instance => instance.Id).ToListAsync(cancellationToken);
    }

    private async Task PokeAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        var isNext = false;
        try
        {
            await _places.WaitAsync(cancellationToken);
            isNext = true;
            _waiting.TryRemove(instanceId, out _);
            for (var attempt = 1; attempt <= Tries && !await PokeOnceAsync(instanceId, cancellationToken); attempt++)
            {
                await Task.Delay(Backoff.After(attempt, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), Random.Shared.NextDouble()), clock, cancellationToken);
            }
        }
        catch (Exception error)
        {
            if (error is not OperationCanceledException)
            {
                logger.LogWarning("The computer {Instance} could not be told of a change: {Reason}", instanceId, error.Message);
            }
        }
        finally
        {
            if (isNext)
            {
                _places.Release();
            }
            else
            {
                _waiting.TryRemove(instanceId, out _);
            }
        }
    }

    /// <summary>True also when there is nobody to tell.</summary>
    private async Task<bool> PokeOnceAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken) is not { Endpoint: not null } instance
            || !IsUp(instance) || await conductors.PokeAsync(instance, cancellationToken);
    }

    /// <summary>A machine that its owner brought runs on: it has to hear that it is stopped, or let go.</summary>
    private static bool IsUp(Instance instance) => s_up.Contains(instance.State) || instance is { IsOwnServer: true, IsFinal: false };
}
