using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

// A rental that is handed on. As with an end, how far that has come is read from the machine: its name, its renewal, its system.
internal sealed partial class HostingerProvider
{
    public bool RenewsAgain => true;

    public async Task<SpareLook> LookAtAsync(Spare spare, CancellationToken cancellationToken) => await api.MachineAsync(spare.Reference, cancellationToken) switch
    {
        null => SpareLook.Gone,
        var vm when IsGone(vm) => SpareLook.Gone,
        var vm when IsFree(vm, spare) && IsAtRest(vm) && (vm.State == "initial" || HostingerOffers.IsSpareSystem(vm.Template)) => SpareLook.Wiped,
        _ => SpareLook.NotWiped,
    };

    /// <summary>
    /// The mark comes first: from then on the machine is found as the order's, and an order that is given up ends it like any other.
    /// The new system comes last: from then on the order's script runs, and nothing may be refused any more.
    /// </summary>
    public async Task<Server> TakeOverAsync(Spare spare, ServerOrder order, CancellationToken cancellationToken)
    {
        var vm = await api.MachineAsync(spare.Reference, cancellationToken);
        var isOrders = vm is not null && IsOurs(vm) && MarkOf(vm) == order.Mark;
        if (vm is null || IsGone(vm) || !(isOrders || IsFree(vm, spare)) || !HostingerOffers.IsOfSize(vm, order.Size))
        {
            throw NotToBeHad();
        }

        if (isOrders && vm.State != "initial" && !HostingerOffers.IsSpareSystem(vm.Template))
        {
            return Look(vm)!;
        }

        if (!IsAtRest(vm))
        {
            throw vm.State is "error" or "suspended" or "suspending"
                ? await LeaveAsync(vm, NotToBeHad(), cancellationToken)
                : new ProviderException("Hostinger is still at work on the computer.") { Code = "provider_busy", WaitFor = s_busy };
        }

        try
        {
            return await InstallAsync(vm, order, isOrders, cancellationToken);
        }
        catch (ProviderException no) when (no.IsFinal)
        {
            throw await LeaveAsync(vm, no, cancellationToken);
        }
    }

    private async Task<Server> InstallAsync(HostingerVm vm, ServerOrder order, bool isNamed, CancellationToken cancellationToken)
    {
        var choice = await _offers.ChooseAsync(order.Size, order.Region, cancellationToken);
        var setup = await SetUpOfAsync(order, choice, cancellationToken);
        if (!isNamed)
        {
            await api.RenameAsync(vm.Id, setup.Hostname, cancellationToken);
        }

        await RenewAsync(vm, cancellationToken);
        if (vm.State == "initial")
        {
            await api.SetUpAsync(vm.Id, setup, cancellationToken);
        }
        else
        {
            await api.RecreateAsync(vm.Id, new HostingerRecreate(setup.TemplateId, setup.Password, setup.PostInstallScriptId), cancellationToken);
        }

        return new Server(Reference(vm), ServerPower.Starting, null, AddressOf(vm), null) { IsReachedByName = true };
    }

    private async Task RenewAsync(HostingerVm vm, CancellationToken cancellationToken)
    {
        if (vm.SubscriptionId is not { } id || await api.SubscriptionAsync(id, cancellationToken) is not { } subscription)
        {
            throw NotToBeHad();
        }

        if (subscription is { IsAutoRenewed: true } or { IsAutoRenewed: null, Status: "active" })
        {
            return;
        }

        if ((await api.RenewAgainAsync(id, cancellationToken)).IsAutoRenewed == false)
        {
            throw NotToBeHad();
        }
    }

    /// <summary>Nothing was installed and nothing will be: it runs out as a spare, and another takes its place.</summary>
    private async Task<ProviderException> LeaveAsync(HostingerVm vm, ProviderException no, CancellationToken cancellationToken)
    {
        try
        {
            await StopRenewalAsync(vm, cancellationToken);
            await api.RenameAsync(vm.Id, SpareNameOf(vm), cancellationToken);
            return no;
        }
        catch (ProviderException stays) when (stays.IsFinal)
        {
            // It still carries the order's mark, so no other may be bought yet.
            return new ProviderException(stays.Message, stays) { Code = stays.Code };
        }
    }

    private bool IsFree(HostingerVm vm, Spare spare) => IsSpare(vm) || (IsOurs(vm) && MarkOf(vm) == spare.Id);

    private bool IsSpare(HostingerVm vm) => string.Equals(vm.Hostname, SpareNameOf(vm), StringComparison.OrdinalIgnoreCase);

    private string SpareNameOf(HostingerVm vm) => ServerMark.Spare(vm.Id) + MarkEnd;

    private static bool IsAtRest(HostingerVm vm) => vm is { ActionsLock: not "locked", State: "running" or "stopped" or "initial" };

    private static ProviderException NotToBeHad() => new("This spare computer cannot be had any more.") { Code = "spare_gone", IsFinal = true };
}
