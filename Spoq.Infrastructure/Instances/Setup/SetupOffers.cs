using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Setup;

/// <summary>What can be bought right now and where it would run: regions come from the provider.</summary>
public sealed class SetupOffers(
    PlanCatalogue catalogue,
    ServerCapacity capacity,
    OfferShelf shelf,
    IOptions<SpoqOptions> spoq,
    IConfiguration configuration,
    ILogger<SetupOffers> log)
{
    /// <summary>The key of <c>Provisioning__DefaultProvider</c>: where instances of the wizard run.</summary>
    public string Provider { get; } = configuration["Provisioning:DefaultProvider"] is { Length: > 0 } name ? name : "local";

    public string InstanceDomain => spoq.Value.InstanceDomain;

    public IReadOnlyList<Plan> Plans => catalogue.Plans;

    public Plan? Find(string? plan) => Plans.FirstOrDefault(offer => offer.Key == plan);

    /// <summary>Where a plan's computers run: a customer's own machine is no vendor's.</summary>
    public string ProviderOf(Plan? plan) => plan is { Server: ServerKind.OwnServer } ? OwnServer.Provider : Provider;

    public string HostnameOf(string address) => $"{address}.{InstanceDomain}";

    /// <summary>Those with room for this plan, the provider's first choice first; null: for any.</summary>
    public async Task<Result<IReadOnlyList<ServerRegion>>> RegionsAsync(Plan? plan, CancellationToken cancellationToken) =>
        (await OffersAsync(plan, cancellationToken)).Try(out var offer, out var refusal) ? offer.Regions.ToArray() : refusal;

    /// <summary>The same, and when the provider said so.</summary>
    public async Task<Result<KnownOffer>> OffersAsync(Plan? plan, CancellationToken cancellationToken) =>
        (await ReadAsync(plan, isLast: false, cancellationToken)).Try(out var offer, out var refusal)
            ? offer with { Regions = [.. offer.Regions.Where(region => region.IsAvailable)] }
            : refusal;

    /// <summary>Checks a choice of plan, interval and region against what is offered.</summary>
    /// <param name="plan">Key of the plan.</param>
    /// <param name="interval">How it would be paid.</param>
    /// <param name="region">Key of the region.</param>
    /// <param name="isLast">Money follows: the provider itself is asked, and nothing that is kept counts.</param>
    /// <param name="cancellationToken">Stops waiting for the provider.</param>
    public async Task<Refusal?> CheckAsync(string plan, BillingInterval interval, string region, bool isLast, CancellationToken cancellationToken)
    {
        if (Find(plan) is not { } offer)
        {
            return SetupRefusals.UnknownPlan;
        }

        if (offer.Price(interval) is null)
        {
            return SetupRefusals.IntervalNotSold;
        }

        if (!(await ReadAsync(offer, isLast, cancellationToken)).Try(out var known, out var refusal))
        {
            return refusal;
        }

        return known.Regions.FirstOrDefault(offered => offered.Key == region) switch
        {
            null => SetupRefusals.UnknownRegion,
            { IsAvailable: true } => null,
            _ when known.Regions.All(other => !other.IsAvailable) => SetupRefusals.AllSoldOut,
            { Name: var name } => SetupRefusals.SoldOut(name.Split(',')[0]),
        };
    }

    private async Task<Result<KnownOffer>> ReadAsync(Plan? plan, bool isLast, CancellationToken cancellationToken)
    {
        var provider = ProviderOf(plan);
        var known = isLast ? await shelf.AskNowAsync(provider, plan?.Size, cancellationToken) : await shelf.ReadAsync(provider, plan?.Size, cancellationToken);
        if (known is null)
        {
            return SetupRefusals.ProviderAway;
        }

        if (await capacity.HasRoomAsync(provider, cancellationToken))
        {
            return known;
        }

        log.LogWarning("{Provider} holds as many servers as Provisioning__Capacity__{Provider} allows: nothing is sold", provider, provider);
        return known with { Regions = [.. known.Regions.Select(region => region with { IsAvailable = false })] };
    }
}
