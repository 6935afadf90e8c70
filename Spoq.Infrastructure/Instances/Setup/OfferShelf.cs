using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Setup;

/// <summary>
/// What providers offer, asked once a minute by whichever node is first and kept in the database. A provider that is away or hangs
/// costs a page a moment at most: then what it said last is shown, and said to be that.
/// </summary>
public sealed class OfferShelf(IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IServerProvider> providers, TimeProvider clock, ILogger<OfferShelf> log)
{
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Older than this nobody is led to choose by it.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromHours(24);

    /// <summary>After silence a provider is left alone for so long.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(6);

    /// <summary>Where there is something else to show.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(string Provider, string Size), DateTimeOffset> _silentUntil = new();

    /// <summary>Null: it is away, and never said anything that is of use now.</summary>
    public async Task<KnownOffer?> ReadAsync(string provider, ServerSize? size, CancellationToken cancellationToken)
    {
        var key = (provider, NameOf(size));
        var now = clock.GetUtcNow();
        var known = await FindAsync(key, cancellationToken);
        if (known is not null && now - known.AskedAt < Fresh)
        {
            return known;
        }

        var last = known is not null && now - known.AskedAt < Oldest ? known with { IsLastKnown = true } : null;
        if (last is not null && _silentUntil.TryGetValue(key, out var until) && now < until)
        {
            return last;
        }

        return await AskAsync(key, (one, token) => one.RegionsAsync(size, token), last is null ? s_patience : s_moment, cancellationToken) ?? last;
    }

    /// <summary>Past everything that is kept, here and in the provider's adapter. Null: it is away.</summary>
    public Task<KnownOffer?> AskNowAsync(string provider, ServerSize? size, CancellationToken cancellationToken) =>
        AskAsync((provider, NameOf(size)), (one, token) => one.RegionsNowAsync(size, token), s_patience, cancellationToken);

    private async Task<KnownOffer?> AskAsync((string Provider, string Size) key, Func<IServerProvider, CancellationToken, Task<IReadOnlyList<ServerRegion>>> ask, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (providers.FirstOrDefault(one => one.Name == key.Provider) is not { } provider)
        {
            log.LogError("Provisioning__DefaultProvider names {Provider}, which is not set up here", key.Provider);
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(wait);
        try
        {
            var regions = await ask(provider, patience.Token);
            _silentUntil.TryRemove(key, out _);
            return await KeepAsync(key, regions, cancellationToken);
        }
        catch (ProviderException no)
        {
            log.LogWarning("{Provider} does not tell its regions: {Reason}", key.Provider, no.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log.LogWarning("{Provider} did not tell its regions in time", key.Provider);
        }

        _silentUntil[key] = clock.GetUtcNow() + s_rest;
        return null;
    }

    private async Task<KnownOffer> KeepAsync((string Provider, string Size) key, IReadOnlyList<ServerRegion> regions, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var text = JsonSerializer.Serialize(regions);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into region_offers (provider, size, regions, asked_at) values ({key.Provider}, {key.Size}, {text}, {now})
            on conflict (provider, size) do update set regions = excluded.regions, asked_at = excluded.asked_at where region_offers.asked_at <= excluded.asked_at
            """,
            cancellationToken);
        return new KnownOffer(regions, now, IsLastKnown: false);
    }

    private async Task<KnownOffer?> FindAsync((string Provider, string Size) key, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Set<RegionOffer>().AsNoTracking().SingleOrDefaultAsync(offer => offer.Provider == key.Provider && offer.Size == key.Size, cancellationToken);
        return row is null ? null : new KnownOffer(JsonSerializer.Deserialize<ServerRegion[]>(row.Regions) ?? [], row.AskedAt, IsLastKnown: false);
    }

    private static string NameOf(ServerSize? size) => size is null ? "" : $"{size.Cpus}-{size.MemoryGb}-{size.DiskGb}";
}

/// <param name="Regions">Sold-out ones among them.</param>
/// <param name="AskedAt">When the provider said so.</param>
/// <param name="IsLastKnown">The provider is away: it may be otherwise by now.</param>
public sealed record KnownOffer(IReadOnlyList<ServerRegion> Regions, DateTimeOffset AskedAt, bool IsLastKnown);
