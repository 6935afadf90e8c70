using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Takes a spare over or buys one server, once in effect: look first, write the order down, ask, write the answer down.</summary>
internal sealed class CreateServerStep(ServerProviders providers, ServerLedger ledger, WarmPool pool, PlanCatalogue plans, IOptions<SpoqOptions> options, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.CreateServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        var provider = providers.Named(instance.Provider);
        if (await ledger.OpenAsync(instance, cancellationToken) is not { } order)
        {
            return Withdrawn(instance);
        }

        if (provider is IReusableServers reusable && await TakeSpareAsync(reusable, instance, order, cancellationToken) is { } taken)
        {
            return new StepOutcome.Done { Server = taken };
        }

        var server = await LookAsync(provider, instance, order, cancellationToken);
        var sure = order.OrderedAt + provider.LookupLag;
        if (server is null && !order.IsNew && clock.GetUtcNow() < sure)
        {
            return new StepOutcome.NotYet(sure - clock.GetUtcNow(), "The provider has not confirmed the order; waiting to see whether the computer appears.");
        }

        if ((server is null || server.IsUnfinished) && !order.IsNew && !await ledger.RepeatAsync(instance, cancellationToken))
        {
            return Withdrawn(instance);
        }

        if (server is null || server.IsUnfinished)
        {
            server = await provider.CreateAsync(OrderOf(instance, order.ProvisioningToken), cancellationToken);
        }

        await ledger.AnswerAsync(instance, server.Reference);
        return new StepOutcome.Done { Server = IsGivenHostKey(provider) ? server with { HostKeyFingerprint = server.HostKeyFingerprint ?? order.HostKeyFingerprint } : server };
    }

    /// <summary>What the provider has for this order already. One that answered is asked for by the provider's own id: no list is behind there.</summary>
    private static async Task<Server?> LookAsync(IServerProvider provider, Instance instance, OpenOrder order, CancellationToken cancellationToken) =>
        order.IsNew ? null
        : (order.Reference is { } known ? await provider.GetAsync(known, cancellationToken) : null) ?? await provider.FindAsync(instance.ServerMark, cancellationToken);

    /// <summary>Null: none fits. A claim is written before the provider is asked, so a death in between takes the same one over again.</summary>
    private async Task<Server?> TakeSpareAsync(IReusableServers provider, Instance instance, OpenOrder order, CancellationToken cancellationToken)
    {
        if (await pool.ClaimAsync(instance, mayClaim: order.IsNew, cancellationToken) is not { } spare)
        {
            return null;
        }

        try
        {
            var server = await provider.TakeOverAsync(new Spare(spare.Id, spare.Reference!), OrderOf(instance, order.ProvisioningToken), cancellationToken);
            await ledger.AnswerAsync(instance, server.Reference);
            await pool.TakenAsync(spare);
            return server;
        }
        catch (ProviderException no) when (no.IsFinal)
        {
            // This one cannot be had; a customer who waits gets a new one instead.
            await pool.BrokenAsync(spare);
            return null;
        }
    }

    private static bool IsGivenHostKey(IServerProvider provider) => (provider.Capabilities & (ServerCapabilities.Ssh | ServerCapabilities.OwnersMachine)) == ServerCapabilities.Ssh;

    private StepOutcome Withdrawn(Instance instance) => Outcomes.NotYet(instance, clock.GetUtcNow(), "The order was withdrawn.");

    private ServerOrder OrderOf(Instance instance, string token) =>
        new(instance.Id, instance.AccountId, instance.Hostname, instance.Username, plans.Find(instance.NextPlan ?? instance.Plan)!.Size, instance.Region, token)
        {
            Mark = instance.ServerMark,
            BootScript = ServerKit.BootScript(options.Value.BaseUrl, instance.Id, token),
        };
}
