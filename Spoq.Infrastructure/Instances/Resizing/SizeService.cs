using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Resizing;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Resizing;

/// <summary>One size a computer could have.</summary>
/// <param name="Price">Of one period.</param>
/// <param name="Difference">What the change adds to the next payment if it were made now; below zero it is taken off.</param>
/// <param name="Refusal">Why it cannot be had; null: it can.</param>
public sealed record SizeOffer(Plan Plan, Money Price, Money Difference, Refusal? Refusal);

/// <param name="Refusal">Why nothing can be changed at the moment; null: see each size.</param>
public sealed record SizeOffers(Instance Instance, Plan Current, BillingInterval Interval, DateTimeOffset PaidUntil, IReadOnlyList<SizeOffer> Sizes, Refusal? Refusal);

/// <summary>Which sizes there are for a computer, and the order for one. Everything is asked before anything changes.</summary>
public sealed class SizeService(IDbContextFactory<SpoqDbContext> contexts, PlanCatalogue plans, IEnumerable<IServerProvider> providers, TimeProvider clock, ILogger<SizeService> log)
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
        var general = provider?.Capabilities.HasFlag(ServerCapabilities.Resize) != true ? InstanceRefusals.ResizeUnavailable : subscription.WhyNotChange();
        var used = general is null && sizes.Exists(plan => plan.Size.DiskGb < current.Size.DiskGb) ? await UsedAsync(provider!, instance, cancellationToken) : null;
        var offers = new List<SizeOffer>();
        foreach (var plan in sizes)
        {
            var price = plan.Price(subscription.Interval)!.Value;
            var refusal = plan.Key == current.Key || general is not null ? null
                : SizeRules.WhyNot(current, plan, provider!.Capabilities, used) ?? await WhyNotThereAsync(provider, instance, current, plan, isLast: false, cancellationToken);
            offers.Add(new SizeOffer(plan, price, subscription.Difference(current.Price(subscription.Interval) ?? price, price, clock.GetUtcNow()), refusal));
        }

        return new SizeOffers(instance, current, subscription.Interval, subscription.PaidUntil, offers, general);
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

        // Tried on the copy that was read: what is refused anyway is not asked of a provider.
        if (seen.RequestResize(plan.Key, clock.GetUtcNow()) is { } notNow)
        {
            return notNow;
        }

        if (subscription?.PausedAt is not null)
        {
            return InstanceRefusals.Paused;
        }

        if (providers.FirstOrDefault(one => one.Name == seen.Provider) is not { } provider)
        {
            return InstanceRefusals.ResizeUnavailable;
        }

        var used = plan.Size.DiskGb < current.Size.DiskGb ? await UsedAsync(provider, seen, cancellationToken) : null;
        return SizeRules.WhyNot(current, plan, provider.Capabilities, used)
            ?? (subscription is not null && plan.Price(subscription.Interval) is null ? BillingRefusals.NotSoldBy(plan, subscription.Interval) : null)
            ?? subscription?.WhyNotChange()
            ?? await WhyNotThereAsync(provider, seen, current, plan, isLast: true, cancellationToken)
            ?? await OrderAsync(accountId, instanceId, current, plan, cancellationToken);
    }

    private async Task<Refusal?> OrderAsync(Guid accountId, Guid instanceId, Plan current, Plan plan, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.AccountId != accountId)
        {
            return InstanceRefusals.NotFound;
        }

        // It may have been decided otherwise while the provider was asked.
        var subscription = await db.LockLiveSubscriptionAsync(instanceId, cancellationToken);
        var now = clock.GetUtcNow();
        if (instance.Plan != current.Key)
        {
            return InstanceRefusals.Busy;
        }

        if ((subscription is null ? BillingRefusals.NoSubscription : subscription.WhyNotChange()) is { } unpaid)
        {
            return unpaid;
        }

        if (instance.RequestResize(plan.Key, now) is { } no)
        {
            return no;
        }

        db.Tell(instance, now, "resize_requested", $"You asked for the size of {plan.Name}. It goes off for a few minutes; your data stays. You pay for it once it runs.");
        await db.AnnounceAsync(instanceId, cancellationToken);
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

    private async Task<long?> UsedAsync(IServerProvider provider, Instance instance, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            return instance.ServerReference is { } reference ? await provider.DataBytesAsync(reference, patience.Token) ?? instance.DiskUsedBytes : null;
        }
        catch (Exception no) when (no is ProviderException || (no is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogInformation("{Provider} does not tell how much the data of {InstanceId} takes: {Reason}", provider.Name, instance.Id, no.Message);
            return null;
        }
    }

    /// <summary>A larger size must be there to be had; what is smaller than what it holds already is.</summary>
    private async Task<Refusal?> WhyNotThereAsync(IServerProvider provider, Instance instance, Plan current, Plan plan, bool isLast, CancellationToken cancellationToken)
    {
        if (!SizeRules.IsLarger(current, plan))
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
