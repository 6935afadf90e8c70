using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Instances.Sweep;

/// <summary>
/// Compares what each provider lists with our rows: adopts, ends, reports. A provider that is away decides nothing,
/// and every decision is made anew with the row locked.
/// </summary>
internal sealed class OrphanSweep(
    IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IServerProvider> providers, SweepRepairs repairs, TimeProvider clock, ILogger<OrphanSweep> log) : IChore
{
    public const string Key = "orphan_sweep";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public string Name => Key;

    public TimeSpan Every => SweepPlan.Every;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var provider in providers)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            try
            {
                await SweepAsync(provider, patience.Token);
            }
            catch (ProviderException no)
            {
                log.LogWarning("{Provider} was not compared with our rows: {Reason}", provider.Name, no.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                log.LogWarning("{Provider} was not compared with our rows: it did not answer in time", provider.Name);
            }
        }
    }

    private async Task SweepAsync(IServerProvider provider, CancellationToken cancellationToken)
    {
        // The list first: whatever it holds was written down as an order before our rows are read.
        var started = clock.GetUtcNow();
        var listed = await provider.ListAsync(cancellationToken);
        var books = await BooksAsync(provider.Name, listed, cancellationToken);
        var present = listed.Select(server => server.Reference).ToHashSet();
        var seen = new HashSet<string>();
        foreach (var server in listed)
        {
            var facts = FactsOf(server, books, present);
            switch (SweepPlan.Of(server, facts, started))
            {
                case SweepVerdict.Adopt:
                    await repairs.AdoptAsync(server, facts.Instance!.Id, cancellationToken);
                    break;
                case SweepVerdict.EndLeftover:
                    await repairs.EndLeftoverAsync(facts.Instance!.Id, cancellationToken);
                    break;
                case SweepVerdict.EndDouble when await repairs.EndDoubleAsync(provider, server, facts.Instance!.Id, books.Open[server.Reference].Id, cancellationToken):
                    break;
                case SweepVerdict.EndDouble:
                case SweepVerdict.Report:
                    seen.Add(server.Reference);
                    await repairs.ReportAsync(provider.Name, server, facts.Instance?.Id ?? server.Mark, facts.Instance is null ? OrphanKind.Unknown : OrphanKind.Second, cancellationToken);
                    break;
            }
        }

        seen.UnionWith(await LookForMissingAsync(provider, books, present, cancellationToken));
        await repairs.ResolveOthersAsync(provider.Name, seen, started, cancellationToken);
    }

    /// <summary>Servers that our rows know and the provider does not. Those that stay missing are made anew.</summary>
    private async Task<IReadOnlyList<string>> LookForMissingAsync(IServerProvider provider, Books books, HashSet<string> present, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var held = books.Held.Where(row => now - row.AnsweredAt >= provider.LookupLag + SweepPlan.Every).ToList();
        var absent = held.Where(row => !present.Contains(row.Instance.ServerReference!)).ToList();
        if (!SweepPlan.IsBelievable(held.Count, absent.Count))
        {
            log.LogError("{Provider} lists {Absent} of {Known} servers no longer: nothing is decided by such a list", provider.Name, absent.Count, held.Count);
            return [.. books.Open.Keys];
        }

        var missing = new List<string>();
        foreach (var (instance, _) in absent)
        {
            // A list may be behind; the server itself is asked for before anything is said of it.
            var reference = instance.ServerReference!;
            if (await provider.GetAsync(reference, cancellationToken) is not null)
            {
                continue;
            }

            var firstSeen = books.Open.GetValueOrDefault(reference)?.FirstSeenAt;
            if (SweepPlan.WantsServer(instance) && firstSeen is { } since && now - since >= SweepPlan.MissingAge)
            {
                await repairs.RebuildAsync(instance, cancellationToken);
                continue;
            }

            missing.Add(reference);
            await repairs.ReportAsync(provider.Name, new ListedServer(reference, instance.ServerMark, instance.Hostname, ServerPower.Stopped), instance.Id, OrphanKind.Missing, cancellationToken);
        }

        return missing;
    }

    private static SweepFacts FactsOf(ListedServer server, Books books, HashSet<string> present)
    {
        var instance = server.Mark is { } mark ? books.Instances.GetValueOrDefault(mark) : null;
        var order = instance is null ? null : books.Orders.GetValueOrDefault(server.Mark!.Value);
        var own = order?.Reference ?? instance?.ServerReference;
        return new SweepFacts(
            instance, order, books.Spares.Contains(server.Reference) || (server.Mark is { } ahead && books.Ahead.Contains(ahead)), own is not null && own != server.Reference && present.Contains(own), books.Open.GetValueOrDefault(server.Reference)?.FirstSeenAt);
    }

    private async Task<Books> BooksAsync(string provider, IReadOnlyList<ListedServer> listed, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var marks = listed.Select(server => server.Mark).OfType<Guid>().Distinct().ToList();
        var now = clock.GetUtcNow();
        var instances = await db.Instances.AsNoTracking().Where(row => marks.Contains(row.Id)).ToDictionaryAsync(row => row.Id, cancellationToken);
        foreach (var moved in await db.Set<ServerMove>().AsNoTracking().Where(move => marks.Contains(move.Id))
            .Join(db.Instances.AsNoTracking(), move => move.InstanceId, row => row.Id, (move, row) => new { move.Id, Instance = row }).ToListAsync(cancellationToken))
        {
            instances[moved.Id] = moved.Instance;
        }

        var orders = await db.Set<ProviderServer>().AsNoTracking().Where(line => line.Provider == provider && line.RemovedAt == null).ToListAsync(cancellationToken);
        var spares = await db.Set<ProviderServer>().AsNoTracking()
            .Where(line => line.Provider == provider && line.RemovedAt != null && line.PaidUntil != null && line.PaidUntil > now && line.Reference != null)
            .Select(line => line.Reference!).ToListAsync(cancellationToken);
        var warm = await db.Set<WarmServer>().AsNoTracking()
            .Where(row => row.Provider == provider && (row.State == WarmState.Ordered || row.State == WarmState.Spare || row.State == WarmState.Claimed) && (row.PaidUntil == null || row.PaidUntil > now))
            .Select(row => new { row.Id, row.Reference }).ToListAsync(cancellationToken);
        var held = await db.Instances.AsNoTracking()
            .Where(row => row.Provider == provider && row.ServerReference != null && row.ReadyAt != null
                && row.State != InstanceState.Deleted && row.State != InstanceState.Cancelled && row.State != InstanceState.Deleting && row.State != InstanceState.Cancelling)
            .ToListAsync(cancellationToken);
        var open = await db.Set<Orphan>().AsNoTracking().Where(orphan => orphan.Provider == provider && orphan.ResolvedAt == null).ToDictionaryAsync(orphan => orphan.Reference, cancellationToken);
        var byMark = orders.ToDictionary(line => line.Mark);
        return new Books(
            instances,
            byMark,
            [.. spares, .. warm.Select(row => row.Reference).OfType<string>()],
            [.. warm.Select(row => row.Id)],
            [.. held.Select(row => (row, byMark.GetValueOrDefault(row.ServerMark)?.AnsweredAt ?? row.ReadyAt!.Value))],
            open);
    }

    private sealed record Books(
        Dictionary<Guid, Instance> Instances, Dictionary<Guid, ProviderServer> Orders, HashSet<string> Spares, HashSet<Guid> Ahead, IReadOnlyList<(Instance Instance, DateTimeOffset AnsweredAt)> Held, Dictionary<string, Orphan> Open);
}
