using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>How many servers each provider holds for us, and how many it may: <c>Provisioning__Capacity__{provider}</c>.</summary>
public sealed class ServerCapacity(IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IServerProvider> providers, IConfiguration configuration, TimeProvider clock)
{
    /// <summary>Bought ahead: in no instance's books.</summary>
    private static readonly Expression<Func<WarmServer, bool>> s_ahead = row => row.PaidUntil == null && (row.State == WarmState.Ordered || row.State == WarmState.Spare);

    /// <summary>A provider without a limit of ours is not asked about.</summary>
    public async Task<bool> HasRoomAsync(string provider, CancellationToken cancellationToken)
    {
        if (MostOf(provider) is not { } most)
        {
            return true;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var held = await db.Set<ProviderServer>().CountAsync(line => line.Provider == provider && (line.RemovedAt == null || line.PaidUntil > now), cancellationToken);
        return held + await db.Set<WarmServer>().Where(s_ahead).CountAsync(row => row.Provider == provider, cancellationToken) < most;
    }

    public async Task<IReadOnlyList<ProviderCapacity>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var held = await db.Set<ProviderServer>().Where(line => line.RemovedAt == null || line.PaidUntil > now)
            .GroupBy(line => line.Provider)
            .Select(lines => new { Provider = lines.Key, Used = lines.Count(line => line.RemovedAt == null), Spare = lines.Count(line => line.RemovedAt != null) })
            .ToDictionaryAsync(row => row.Provider, row => (row.Used, row.Spare), cancellationToken);
        var ahead = await db.Set<WarmServer>().Where(s_ahead).GroupBy(row => row.Provider).Select(rows => new { Provider = rows.Key, Count = rows.Count() }).ToDictionaryAsync(row => row.Provider, row => row.Count, cancellationToken);
        var on = providers.Select(provider => provider.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. on.Union(held.Keys).Union(ahead.Keys).Order(StringComparer.Ordinal).Select(name =>
                new ProviderCapacity(name, held.GetValueOrDefault(name).Used, held.GetValueOrDefault(name).Spare + ahead.GetValueOrDefault(name), MostOf(name), on.Contains(name))),
        ];
    }

    private int? MostOf(string provider) => configuration.GetValue<int?>($"Provisioning:Capacity:{provider}");
}

/// <param name="Spare">Wiped and kept: their instances are gone, their rentals run on.</param>
/// <param name="Most">Null: not limited by us.</param>
/// <param name="IsOn">It is switched on here.</param>
public sealed record ProviderCapacity(string Provider, int Used, int Spare, int? Most, bool IsOn);
