using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Resizing;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Moving;

namespace Spoq.Infrastructure.Instances.Resizing;

/// <summary>One size a computer could have.</summary>
/// <param name="Price">Of one period.</param>
/// <param name="Difference">What the change adds to the next payment if it were made now; below zero it is taken off.</param>
/// <param name="Refusal">Why it cannot be had; null: it can.</param>
public sealed record SizeOffer(Plan Plan, Money Price, Money Difference, Refusal? Refusal);

/// <param name="IsMove">Another size is another server, to which the files are moved.</param>
/// <param name="Refusal">Why nothing can be changed at the moment; null: see each size.</param>
public sealed record SizeOffers(Instance Instance, Plan Current, BillingInterval Interval, DateTimeOffset PaidUntil, bool IsMove, IReadOnlyList<SizeOffer> Sizes, Refusal? Refusal);

/// <summary>Which sizes there are for a computer, and the order for one. Everything is asked before anything changes.</summary>
public sealed class SizeService(IDbContextFactory<SpoqDbContext> contexts, PlanCatalogue plans, IEnumerable<IServerProvider> providers, ServerMoves moves, TimeProvider clock, ILogger<SizeService> log)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    public async Task<Result<SizeOffers>> ReadAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        if (await LoadAsync(accountId, instanceId, cancellationToken) is not var (instance, subscription))
        {
            return InstanceRefusals.NotFound;
        }

        if (plans.Find(subscription?.Plan ?? instance.Plan) is not { } current || subscription is null)
        {
            return BillingRefusals.NoSubscription;
        }

        var sizes = SizeRules.SizesOf(current, plans).Where(plan => plan.Price(subscription.Interval) is not null).ToList();
        var provider = providers.FirstOrDefault(one => one.Name == instance.Provider);
        var isMove = provider is not null && Moves(provider);
        var general = provider is null || (!isMove && !provider.Capabilities.HasFlag(ServerCapabilities.Resize)) ? InstanceRefusals.ResizeUnavailable : subscription.WhyNotChange();
        var used = general is null && sizes.Exists(plan => plan.Size.DiskGb < current.Size.DiskGb) ? await UsedAsync(provider!, instance.ServerReference, instance.DiskUsedBytes, cancellationToken) : null;
        var offers = new List<SizeOffer>();
        foreach (var plan in sizes)
        {
            var price = plan.Price(subscription.Interval)!.Value;
            var refusal = plan.Key == current.Key || general is not null ? null
                : SizeRules.WhyNot(current, plan, provider!.Capabilities, used) ?? await WhyNotThereAsync(provider, instance, current, plan, isLast: false, cancellationToken);
            offers.Add(new SizeOffer(plan, price, subscription.Difference(current.Price(subscription.Interval) ?? price, price, clock.GetUtcNow()), refusal));
        }

        return new SizeOffers(instance, current, subscription.Interval, subscription.PaidUntil, isMove, offers, general);
    }

    /// <summary>Null: it is on its way there.</summary>
    public async Task<Refusal?> ResizeAsync(Guid accountId, Guid instanceId, string? planKey, CancellationToken cancellationToken)
    {
        if (await LoadAsync(accountId, instanceId, cancellationToken) is not var (seen, subscription))
        {
            return InstanceRefusals.NotFound;
        }

        if (plans.Find(planKey ?? "") is not { } plan || plans.Find(seen.Plan) is not { } current)
        {
            return BillingRefusals.UnknownPlan;
        }

        if (subscription?.PausedAt is not null)
        {
            return InstanceRefusals.Paused;
        }

        if (providers.FirstOrDefault(one => one.Name == seen.Provider) is not { } provider)
        {
            return InstanceRefusals.ResizeUnavailable;
        }

        // Tried on the copy that was read, which it changes: what is refused anyway is not asked of a provider.
        var (reference, reported) = (seen.ServerReference, seen.DiskUsedBytes);
        if (Request(seen, plan, Moves(provider) ? moves.New(seen, "") : null) is { } notNow)
        {
            return notNow;
        }

        var used = plan.Size.DiskGb < current.Size.DiskGb ? await UsedAsync(provider, reference, reported, cancellationToken) : null;
        return SizeRules.WhyNot(current, plan, provider.Capabilities, used)
            ?? (subscription is not null && plan.Price(subscription.Interval) is null ? BillingRefusals.NotSoldBy(plan, subscription.Interval) : null)
            ?? subscription?.WhyNotChange()
            ?? await WhyNotThereAsync(provider, seen, current, plan, isLast: true, cancellationToken)
            ?? await OrderAsync(seen, current, plan, provider, reference, cancellationToken);
    }

    private static bool Moves(IServerProvider provider) => (provider.Capabilities & (ServerCapabilities.Resize | ServerCapabilities.Move)) == ServerCapabilities.Move;

    private Refusal? Request(Instance instance, Plan plan, ServerMove? move) =>
        move is null ? instance.RequestResize(plan.Key, clock.GetUtcNow()) : instance.RequestMove(plan.Key, move, clock.GetUtcNow());

    private async Task<Refusal?> OrderAsync(Instance seen, Plan current, Plan plan, IServerProvider provider, string? reference, CancellationToken cancellationToken)
    {
        var isMove = Moves(provider);
        string? address = null;
        if (isMove && (address = await AddressAsync(provider, reference, cancellationToken)) is null)
        {
            return SetupRefusals.ProviderAway;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(seen.Id, cancellationToken);
        if (instance is null || instance.AccountId != seen.AccountId)
        {
            return InstanceRefusals.NotFound;
        }

        // It may have been decided otherwise while the provider was asked.
        var subscription = await db.LockLiveSubscriptionAsync(seen.Id, cancellationToken);
        var now = clock.GetUtcNow();
        if (instance.Plan != current.Key || instance.ServerReference != reference)
        {
            return InstanceRefusals.Busy;
        }

        if ((subscription is null ? BillingRefusals.NoSubscription : subscription.WhyNotChange()) is { } unpaid)
        {
            return unpaid;
        }

        var move = isMove ? moves.New(instance, address!) : null;
        if (Request(instance, plan, move) is { } no)
        {
            return no;
        }

        if (move is not null)
        {
            // The old one hears of the key that the new one will come with.
            db.Add(move);
            await DesiredStates.AnnounceAsync(db, seen.Id, cancellationToken);
        }

        db.Tell(instance, now, "resize_requested", isMove
            ? $"You asked for the size of {plan.Name}. A second computer is made and copies your files while you go on working; then it takes the place of this one. You pay for it once it runs."
            : $"You asked for the size of {plan.Name}. It goes off for a few minutes; your data stays. You pay for it once it runs.");
        await db.AnnounceAsync(seen.Id, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private async Task<(Instance Instance, Subscription? Subscription)?> LoadAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId && row.AccountId == accountId, cancellationToken) is { } instance
            ? (instance, await db.Set<Subscription>().AsNoTracking().SingleOrDefaultAsync(row => row.InstanceId == instanceId && row.TerminatedAt == null, cancellationToken))
            : null;
    }

    private async Task<long?> UsedAsync(IServerProvider provider, string? reference, long? reported, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            return reference is null ? null : await provider.DataBytesAsync(reference, patience.Token) ?? reported;
        }
        catch (Exception no) when (no is ProviderException || (no is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogInformation("{Provider} does not tell how much the data on {Reference} takes: {Reason}", provider.Name, reference, no.Message);
            return null;
        }
    }

    /// <summary>Where the server it has answers by SSH; null: its provider does not say.</summary>
    private async Task<string?> AddressAsync(IServerProvider provider, string? reference, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            return reference is null ? null : (await provider.GetAsync(reference, patience.Token))?.PublicAddress;
        }
        catch (Exception no) when (no is ProviderException || (no is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogWarning("{Provider} does not tell where {Reference} is: {Reason}", provider.Name, reference, no.Message);
            return null;
        }
    }

    /// <summary>A larger size must be there to be had; what is smaller than what it holds already is, unless it is another server.</summary>
    private async Task<Refusal?> WhyNotThereAsync(IServerProvider provider, Instance instance, Plan current, Plan plan, bool isLast, CancellationToken cancellationToken)
    {
        if (!SizeRules.IsLarger(current, plan) && !Moves(provider))
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            var regions = isLast ? await provider.RegionsNowAsync(plan.Size, patience.Token) : await provider.RegionsAsync(plan.Size, patience.Token);
            return regions.Any(region => region.Key == instance.Region && region.IsAvailable) ? null : InstanceRefusals.SizeSoldOut;
        }
        catch (Exception no) when (no is ProviderException || (no is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogWarning("{Provider} does not tell its regions: {Reason}", provider.Name, no.Message);
            return SetupRefusals.ProviderAway;
        }
    }
}
