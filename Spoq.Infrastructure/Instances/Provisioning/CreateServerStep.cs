using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Buys one server, once in effect: look first, write the order down, ask, write the answer down.</summary>
internal sealed class CreateServerStep(ServerProviders providers, ServerLedger ledger, PlanCatalogue plans, IOptions<SpoqOptions> options, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.CreateServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        var provider = providers.Named(instance.Provider);
        if (await ledger.OpenAsync(instance, cancellationToken) is not { } order)
        {
            return Withdrawn(instance);
        }

        var server = order.IsNew ? null : await provider.FindAsync(instance.Id, cancellationToken);
        var sure = order.OrderedAt + provider.LookupLag;
        if (server is null && !order.IsNew && clock.GetUtcNow() < sure)
        {
            return new StepOutcome.NotYet(sure - clock.GetUtcNow(), "The provider has not confirmed the order; waiting to see whether the computer appears.");
        }

        if (server is null && !order.IsNew && !await ledger.RepeatAsync(instance, cancellationToken))
        {
            return Withdrawn(instance);
        }

        server ??= await provider.CreateAsync(OrderOf(instance, order.ProvisioningToken), cancellationToken);
        await ledger.AnswerAsync(instance, server.Reference);
        return new StepOutcome.Done { Server = server };
    }

    private StepOutcome Withdrawn(Instance instance) => Outcomes.NotYet(instance, clock.GetUtcNow(), "The order was withdrawn.");

    private ServerOrder OrderOf(Instance instance, string token) =>
        new(instance.Id, instance.AccountId, instance.Hostname, instance.Username, plans.Find(instance.Plan)!.Size, instance.Region, token)
        {
            BootScript = ServerKit.BootScript(options.Value.BaseUrl, instance.Id, token),
        };
}
