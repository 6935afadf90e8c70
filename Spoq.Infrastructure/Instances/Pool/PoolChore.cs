using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Instances.Pool;

/// <summary>Sees that spares are wiped, gives back what nobody came for, watches rentals run out, and buys ahead what a setting asks for.</summary>
internal sealed class PoolChore(
    IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IServerProvider> providers, PoolOptions options, PlanCatalogue plans, TimeProvider clock, ILogger<PoolChore> log) : IChore
{
    /// <summary>Orders ahead of need, in one run: a setting with a slip of the pen must not empty an account.</summary>
    private const int MostOrders = 3;

    public string Name => "pool";

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var provider in providers.OfType<IReusableServers>())
        {
            try
            {
                await LookAsync(provider, cancellationToken);
                await RefillAsync(provider, cancellationToken);
                await DismissAsync(provider, cancellationToken);
            }
            catch (ProviderException no)
            {
                log.LogWarning("The pool at {Provider} waits: {Reason}", provider.Name, no.Message);
            }
        }
    }

    private async Task LookAsync(IReusableServers provider, CancellationToken cancellationToken)
    {
        foreach (var seen in await OpenAsync(provider.Name, cancellationToken))
        {
            switch (seen)
            {
                case { State: WarmState.Ordered }:
                    await OrderAsync(provider, seen, cancellationToken);
                    break;
                case { State: WarmState.Claimed, ClaimedBy: { } by } when clock.GetUtcNow() - seen.ClaimedAt >= WarmServer.ClaimRest:
                    await GiveBackAsync(provider, seen, by, cancellationToken);
                    break;
                case { State: WarmState.Spare, Reference: { } reference } when seen.PaidUntil <= clock.GetUtcNow():
                    await EndAsync(provider, seen, reference, cancellationToken);
                    break;
                case { State: WarmState.Spare, Reference: { } reference }:
                    await LookAtAsync(provider, seen, reference, cancellationToken);
                    break;
            }
        }
    }

    private async Task LookAtAsync(IReusableServers provider, WarmServer seen, string reference, CancellationToken cancellationToken)
    {
        switch (await provider.LookAtAsync(new Spare(seen.Id, reference), cancellationToken))
        {
            case SpareLook.Gone:
                await ChangeAsync(seen, row => row.Gone(clock.GetUtcNow()), cancellationToken);
                break;
            case SpareLook.Wiped when seen.WipedAt is null:
                await ChangeAsync(seen, row => row.SeenWiped(clock.GetUtcNow()), cancellationToken);
                break;
        }
    }

    /// <summary>Its instance is over, or got another server: unless the provider already calls it that instance's, it is a spare again.</summary>
    private async Task GiveBackAsync(IReusableServers provider, WarmServer seen, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var instance = await db.Instances.AsNoTracking().SingleAsync(row => row.Id == instanceId, cancellationToken);
        if (instance.ServerReference == seen.Reference)
        {
            await ChangeAsync(seen, row => row.Taken(clock.GetUtcNow()), cancellationToken);
        }
        else if ((instance.IsFinal || instance.ServerReference is not null) && !await CarriesAsync(provider, seen, await ServerLedger.MarksAsync(db, instance, cancellationToken), cancellationToken))
        {
            await ChangeAsync(seen, row => row.GiveBack(), cancellationToken);
        }
    }

    private static async Task<bool> CarriesAsync(IReusableServers provider, WarmServer seen, IReadOnlyList<Guid> marks, CancellationToken cancellationToken)
    {
        foreach (var mark in marks)
        {
            if ((await provider.FindAsync(mark, cancellationToken))?.Reference == seen.Reference)
            {
                return true;
            }
        }

        return false;
    }

    private async Task RefillAsync(IReusableServers provider, CancellationToken cancellationToken)
    {
        var orders = 0;
        foreach (var wish in options.Wishes)
        {
            if ((await provider.RegionsAsync(plans.Find(wish.Plan)!.Size, cancellationToken)).All(region => region.Key != wish.Region || !region.IsAvailable))
            {
                continue;
            }

            for (var missing = wish.Count - await CountAsync(provider, wish, cancellationToken); missing > 0 && orders < MostOrders; missing--, orders++)
            {
                // The order is written before the provider hears of it; its id is the mark by which it is found again.
                var spare = new WarmServer(Guid.CreateVersion7(), provider.Name, wish.Region, wish.Plan, clock.GetUtcNow());
                await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
                {
                    db.Add(spare);
                    await db.SaveChangesAsync(cancellationToken);
                }

                var server = await provider.CreateAsync(OrderOf(spare), cancellationToken);
                await ChangeAsync(spare, row => row.Keep(server.Reference, paidUntil: null), CancellationToken.None);
            }
        }
    }

    /// <summary>A spare that is renewed for a wish that is not there any more costs month by month and serves nobody.</summary>
    private async Task DismissAsync(IReusableServers provider, CancellationToken cancellationToken)
    {
        foreach (var like in (await OpenAsync(provider.Name, cancellationToken)).Where(row => row is { State: WarmState.Spare, PaidUntil: null }).GroupBy(row => (row.Region, row.Plan)))
        {
            var wanted = options.Wishes.Where(wish => (wish.Region, wish.Plan) == like.Key).Sum(wish => wish.Count);
            foreach (var surplus in like.OrderBy(row => row.KeptAt).Skip(wanted))
            {
                await ChangeAsync(surplus, row => row.Dismiss(clock.GetUtcNow()), cancellationToken);
                log.LogInformation("The spare {Reference} at {Provider} is more than is wished for: it is let go", surplus.Reference, provider.Name);
            }
        }
    }

    /// <summary>Safe to repeat: a rental whose end nobody wrote down is ended once more.</summary>
    private async Task EndAsync(IReusableServers provider, WarmServer seen, string reference, CancellationToken cancellationToken)
    {
        switch (await provider.EndAsync(reference, cancellationToken))
        {
            case ServerEnd.Gone:
                await ChangeAsync(seen, row => row.Gone(clock.GetUtcNow()), cancellationToken);
                break;
            case ServerEnd.Kept { PaidUntil: { } until }:
                await ChangeAsync(seen, row => row.Keep(reference, until), cancellationToken);
                break;
        }
    }

    /// <summary>An order whose answer was lost: looked for, waited out, and only then placed again.</summary>
    private async Task OrderAsync(IReusableServers provider, WarmServer seen, CancellationToken cancellationToken)
    {
        var server = await provider.FindAsync(seen.Id, cancellationToken);
        if (server is null && clock.GetUtcNow() < seen.KeptAt + provider.LookupLag)
        {
            return;
        }

        if (server is null)
        {
            await ChangeAsync(seen, row => row.OrderAgain(clock.GetUtcNow()), cancellationToken);
            server = await provider.CreateAsync(OrderOf(seen), cancellationToken);
        }

        await ChangeAsync(seen, row => row.Keep(server.Reference, paidUntil: null), CancellationToken.None);
    }

    /// <summary>Nothing runs on it but the system: it gets its keys and its name when it is taken.</summary>
    private ServerOrder OrderOf(WarmServer spare) =>
        new(spare.Id, Guid.Empty, $"spare-{spare.Id:N}"[..24] + ".invalid", "spoq", plans.Find(spare.Plan)!.Size, spare.Region, "") { BootScript = "#!/bin/sh\n", IsSpare = true };

    private async Task<int> CountAsync(IReusableServers provider, PoolOptions.Wish wish, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await WarmPool.CountAsync(db, provider, wish.Region, wish.Plan, clock.GetUtcNow(), cancellationToken);
    }

    private async Task<List<WarmServer>> OpenAsync(string provider, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<WarmServer>().AsNoTracking()
            .Where(row => row.Provider == provider && (row.State == WarmState.Ordered || row.State == WarmState.Spare || row.State == WarmState.Claimed)).ToListAsync(cancellationToken);
    }

    /// <summary>Only if nobody has decided something else about it meanwhile.</summary>
    private async Task ChangeAsync(WarmServer seen, Action<WarmServer> change, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = await db.Set<WarmServer>().FromSql($"select * from warm_servers where id = {seen.Id} for update").SingleAsync(cancellationToken);
        if (row.State == seen.State && row.ClaimedBy == seen.ClaimedBy)
        {
            change(row);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }
}
