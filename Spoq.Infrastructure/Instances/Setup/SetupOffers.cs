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

/// <summary>What can be bought right now and where it would run; regions are asked at the provider, never remembered.</summary>
public sealed class SetupOffers(
    PlanCatalogue catalogue,
    IEnumerable<IServerProvider> providers,
    ServerCapacity capacity,
    IOptions<SpoqOptions> spoq,
    IConfiguration configuration,
    ILogger<SetupOffers> log)
{
    /// <summary>Past this a page would rather say that the provider is away.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    /// <summary>The key of <c>Provisioning__DefaultProvider</c>: where instances of the wizard run.</summary>
    public string Provider { get; } = configuration["Provisioning:DefaultProvider"] is { Length: > 0 } name ? name : "local";

    public string InstanceDomain => spoq.Value.InstanceDomain;

    public IReadOnlyList<Plan> Plans => catalogue.Plans;

    public Plan? Find(string? plan) => Plans.FirstOrDefault(offer => offer.Key == plan);

    /// <summary>Where a plan's computers run: a customer's own machine is no vendor's.</summary>
    public string ProviderOf(Plan? plan) => plan is { Server: ServerKind.OwnServer } ? OwnServer.Provider : Provider;

    public string HostnameOf(string address) => $"{address}.{InstanceDomain}";

    /// <summary>Those with room for this plan, the provider's first choice first; null: for any.</summary>
    public async Task<Result<IReadOnlyList<ServerRegion>>> RegionsAsync(Plan? plan, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        var name = ProviderOf(plan);
        try
        {
            if (providers.FirstOrDefault(provider => provider.Name == name) is { } provider)
            {
                if (!await capacity.HasRoomAsync(name, patience.Token))
                {
                    log.LogWarning("{Provider} holds as many servers as Provisioning__Capacity__{Provider} allows: nothing is sold", name, name);
                    return Array.Empty<ServerRegion>();
                }

                var regions = await provider.RegionsAsync(plan?.Size, patience.Token);
                return regions.Where(region => region.IsAvailable).ToArray();
            }

            log.LogError("Provisioning__DefaultProvider names {Provider}, which is not set up here", name);
        }
        catch (ProviderException no)
        {
            log.LogWarning("{Provider} does not tell its regions: {Reason}", name, no.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log.LogWarning("{Provider} did not tell its regions in time", name);
        }

        return SetupRefusals.ProviderAway;
    }

    /// <summary>Checks a choice of plan, interval and region against what is offered at this moment.</summary>
    public async Task<Refusal?> CheckAsync(string plan, BillingInterval interval, string region, CancellationToken cancellationToken)
    {
        if (Find(plan) is not { } offer)
        {
            return SetupRefusals.UnknownPlan;
        }

        if (offer.Price(interval) is null)
        {
            return SetupRefusals.IntervalNotSold;
        }

        if (!(await RegionsAsync(offer, cancellationToken)).Try(out var regions, out var refusal))
        {
            return refusal;
        }

        return regions.Any(offered => offered.Key == region) ? null : SetupRefusals.UnknownRegion;
    }
}
