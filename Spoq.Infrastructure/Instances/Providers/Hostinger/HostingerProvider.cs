using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

/// <summary>
/// Virtual servers of Hostinger. Its API has neither idempotency keys nor labels, so the hostname is the mark; and it deletes
/// nothing, so the end is a wipe, a hostname without the mark and a renewal switched off. See developers.hostinger.com.
/// </summary>
internal sealed partial class HostingerProvider(HostingerApi api, IOptions<HostingerOptions> options, IOptions<SpoqOptions> spoq, TimeProvider clock) : IReusableServers
{
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(5);

    private readonly HostingerOffers _offers = new(api, clock);

    public string Name => HostingerApi.Key;

    public ServerCapabilities Capabilities => ServerCapabilities.Ssh | ServerCapabilities.Move;

    public TimeSpan LookupLag => TimeSpan.FromMinutes(2);

    private string MarkEnd => "." + spoq.Value.InstanceDomain;

    public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => _offers.RegionsAsync(size, cancellationToken);

    public Task<IReadOnlyList<ServerRegion>> RegionsNowAsync(ServerSize? size, CancellationToken cancellationToken)
    {
        _offers.Forget();
        return _offers.RegionsAsync(size, cancellationToken);
    }

    public async Task<Server?> FindAsync(Guid mark, CancellationToken cancellationToken) =>
        Look(await FindMachineAsync(mark, cancellationToken));

    public async Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await api.MachinesAsync(cancellationToken)).Where(vm => IsOurs(vm) && !IsGone(vm)).Select(vm => new ListedServer(Reference(vm), MarkOf(vm), vm.Hostname!, Look(vm)!.Power))];

    public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => Look(await api.MachineAsync(reference, cancellationToken));

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        var machines = await api.MachinesAsync(cancellationToken);
        var found = machines.Where(vm => IsOurs(vm) && MarkOf(vm) == order.Mark && !IsGone(vm)).MinBy(vm => vm.Id);
        if (found is { State: not "initial" })
        {
            return Look(found)!;
        }

        var choice = await _offers.ChooseAsync(order.Size, order.Region, cancellationToken);
        var setup = await SetUpOfAsync(order, choice, cancellationToken);

        // Bought and never set up: by this order, or by one whose answer was lost before the machine had a name.
        found ??= machines.FirstOrDefault(vm => vm.State == "initial" && !IsOurs(vm) && !IsSpare(vm) && HostingerOffers.IsOfSize(vm, order.Size) && vm.CreatedAt + LookupLag < clock.GetUtcNow());
        if (found is not null)
        {
            return Look(await api.SetUpAsync(found.Id, setup, cancellationToken)) ?? throw Unclear();
        }

        return await PurchaseAsync(new HostingerPurchase(choice.PriceId, options.Value.PaymentMethodId, setup), cancellationToken);
    }

    public async Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        var vm = await api.MachineAsync(reference, cancellationToken);
        if (Look(vm) is not { } server)
        {
            throw new ProviderException("Hostinger does not know the computer any more.") { Code = "server_gone", IsFinal = true };
        }

        if (server.Trouble is { } trouble)
        {
            throw new ProviderException(trouble) { Code = "needs_person", IsFinal = true };
        }

        if (server.Power == ServerPower.Stopped)
        {
            RequireUnlocked(vm!);
            await api.PowerAsync(vm!.Id, "start", cancellationToken);
        }
    }

    public async Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        var vm = await api.MachineAsync(reference, cancellationToken);
        if (Look(vm) is { Power: not ServerPower.Stopped } && vm!.State != "stopping")
        {
            RequireUnlocked(vm);
            await api.PowerAsync(vm.Id, "stop", cancellationToken);
        }
    }

    public async Task SettleAsync(string reference, CancellationToken cancellationToken)
    {
        if (await api.MachineAsync(reference, cancellationToken) is { } vm && IsOurs(vm) && MarkOf(vm) is { } mark)
        {
            await RemoveScriptAsync(mark, cancellationToken);
        }
    }

    /// <summary>
    /// What was done is read from the machine itself, so that a visit may end anywhere: the renewal, the system it runs (a wiped one
    /// runs another than ours do), and its name last, because that is what it is found by.
    /// </summary>
    public async Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        var vm = await api.MachineAsync(reference, cancellationToken);
        if (vm is null || IsGone(vm))
        {
            return new ServerEnd.Gone();
        }

        var paidUntil = await StopRenewalAsync(vm, cancellationToken);
        if (!IsOurs(vm))
        {
            return new ServerEnd.Kept(paidUntil);
        }

        if (vm is { State: not ("error" or "suspended" or "initial") } && await WipeAsync(vm, cancellationToken) is { } ending)
        {
            return ending;
        }

        if (MarkOf(vm) is { } mark)
        {
            await RemoveScriptAsync(mark, cancellationToken);
        }

        await api.RenameAsync(vm.Id, SpareNameOf(vm), cancellationToken);
        return new ServerEnd.Kept(paidUntil);
    }

    /// <summary>Null: there is nothing of its owner's on it.</summary>
    private async Task<ServerEnd.Ending?> WipeAsync(HostingerVm vm, CancellationToken cancellationToken)
    {
        if (vm.ActionsLock == "locked" || vm.State is not ("running" or "stopped"))
        {
            return new ServerEnd.Ending("Hostinger is still at work on the computer.");
        }

        if (HostingerOffers.IsSpareSystem(vm.Template))
        {
            return null;
        }

        if (vm.State == "running")
        {
            await api.PowerAsync(vm.Id, "stop", cancellationToken);
            return new ServerEnd.Ending("The computer is being switched off.");
        }

        await api.RecreateAsync(vm.Id, new HostingerRecreate(await _offers.SpareSystemAsync(cancellationToken), RootPassword.New(), null), cancellationToken);
        return new ServerEnd.Ending("The computer's disk is being wiped.");
    }

    private async Task<DateTimeOffset> StopRenewalAsync(HostingerVm vm, CancellationToken cancellationToken)
    {
        if (vm.SubscriptionId is not { } id || await api.SubscriptionAsync(id, cancellationToken) is not { } subscription)
        {
            throw new ProviderException("Hostinger does not tell the subscription of the computer, so its renewal cannot be switched off; our people have to look.") { Code = "needs_person" };
        }

        if (subscription.IsAutoRenewed != false && subscription.Status is not ("not_renewing" or "cancelled"))
        {
            subscription = await api.StopRenewalAsync(id, cancellationToken);
        }

        return subscription.ExpiresAt ?? subscription.NextBillingAt ?? clock.GetUtcNow();
    }

    private async Task<Server> PurchaseAsync(HostingerPurchase purchase, CancellationToken cancellationToken)
    {
        HostingerPurchased bought;
        try
        {
            bought = await api.PurchaseAsync(purchase, cancellationToken);
        }
        catch (ProviderException no) when (no.IsFinal)
        {
            _offers.Forget();
            throw;
        }

        switch (bought.Order?.Status)
        {
            case "awaiting_payment" or "payment_initiated":
                throw new ProviderException("Hostinger waits for a payment of ours; our people have to look.") { Code = "needs_person", IsFinal = true };
            case "failed" or "cancelled" or "refunded" or "fraud_refund":
                throw new ProviderException("Hostinger did not carry the order out.") { Code = "order_failed", IsFinal = true };
        }

        var vm = bought.VirtualMachine ?? throw Unclear();
        return vm.State == "initial" ? Look(await api.SetUpAsync(vm.Id, purchase.Setup, cancellationToken)) ?? throw Unclear() : Look(vm) ?? throw Unclear();
    }

    private async Task<HostingerInstallation> SetUpOfAsync(ServerOrder order, HostingerOffers.Choice choice, CancellationToken cancellationToken) => new(
        order.IsSpare ? await _offers.SpareSystemAsync(cancellationToken) : choice.TemplateId,
        choice.DataCenterId,
        order.IsSpare ? null : await WriteScriptAsync(order, cancellationToken),
        RootPassword.New(),
        ServerMark.Of(order.Mark) + MarkEnd,
        EnableBackups: false);

    /// <summary>One for each order, holding nothing but the way to the rest. What older orders left behind goes with this look.</summary>
    private async Task<long> WriteScriptAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        var name = ServerMark.Of(order.Mark);
        long? known = null;
        foreach (var script in (await api.ScriptsAsync(cancellationToken)).Where(script => script.Id is not null && ServerMark.Marks(script.Name)))
        {
            if (script.Name == name && script.Content == order.BootScript && known is null)
            {
                known = script.Id;
            }
            else if (script.Name == name || script.CreatedAt + TimeSpan.FromDays(1) < clock.GetUtcNow())
            {
                await api.RemoveScriptAsync(script.Id!.Value, cancellationToken);
            }
        }

        return known ?? (await api.AddScriptAsync(new HostingerNewScript(name, order.BootScript), cancellationToken)).Id ?? throw Unclear();
    }

    private async Task RemoveScriptAsync(Guid mark, CancellationToken cancellationToken)
    {
        foreach (var script in (await api.ScriptsAsync(cancellationToken)).Where(script => script.Id is not null && script.Name == ServerMark.Of(mark)))
        {
            await api.RemoveScriptAsync(script.Id!.Value, cancellationToken);
        }
    }

    private async Task<HostingerVm?> FindMachineAsync(Guid mark, CancellationToken cancellationToken) =>
        (await api.MachinesAsync(cancellationToken)).Where(vm => IsOurs(vm) && MarkOf(vm) == mark && !IsGone(vm)).MinBy(vm => vm.Id);

    private bool IsOurs(HostingerVm vm) => ServerMark.Marks(vm.Hostname) && vm.Hostname!.EndsWith(MarkEnd, StringComparison.OrdinalIgnoreCase);

    private Guid? MarkOf(HostingerVm vm) => ServerMark.Read(vm.Hostname?[..^MarkEnd.Length]);

    private static string Reference(HostingerVm vm) => vm.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsGone(HostingerVm vm) => vm.State is "destroyed" or "destroying";

    private static void RequireUnlocked(HostingerVm vm)
    {
        if (vm.ActionsLock == "locked")
        {
            throw new ProviderException("Hostinger is still at work on the computer.") { Code = "provider_busy", WaitFor = s_busy };
        }
    }

    private static ProviderException Unclear() => new("Hostinger answers something else than it should.") { Code = "provider_unreadable", WaitFor = TimeSpan.FromSeconds(15) };

    /// <summary>Null: gone, or a rental that is no instance's any more.</summary>
    private Server? Look(HostingerVm? vm) => vm is null || IsGone(vm) || !IsOurs(vm) ? null : new Server(Reference(vm), PowerOf(vm), null, AddressOf(vm), null)
    {
        IsReachedByName = true,
        IsUnfinished = vm.State == "initial",
        Trouble = vm.State switch
        {
            "error" => "Hostinger reports an error with the computer; our people have to look.",
            "suspended" or "suspending" => "Hostinger has suspended the computer; our people have to look.",
            _ => null,
        },
    };

    private static string? AddressOf(HostingerVm vm) => vm.Ipv4?.Select(ip => ip.Address).FirstOrDefault(address => !string.IsNullOrEmpty(address));

    private static ServerPower PowerOf(HostingerVm vm) => vm.State switch
    {
        "running" or "stopping" => ServerPower.Running,
        "stopped" or "suspended" or "suspending" or "error" => ServerPower.Stopped,

        // A state nobody has heard of yet passes, or the step's deadline ends it.
        _ => ServerPower.Starting,
    };
}
