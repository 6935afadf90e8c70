using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

// A server that was never cancelled, handed on. One that was stays so: its API knows no way back.
internal sealed partial class ContaboProvider
{
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(5);

    public bool RenewsAgain => false;

    public Task<ServerEnd> KeepAsync(string reference, CancellationToken cancellationToken) => EndAsync(reference, isCancelled: false, cancellationToken);

    public async Task<SpareLook> LookAtAsync(Spare spare, CancellationToken cancellationToken) => await api.InstanceAsync(spare.Reference, cancellationToken) switch
    {
        null => SpareLook.Gone,
        var instance when IsFree(instance, spare) && IsAtRest(instance) && IsSpareSystem(instance, await api.ImagesAsync(cancellationToken)) => SpareLook.Wiped,
        _ => SpareLook.NotWiped,
    };

    /// <summary>The mark first and the system last, as at Hostinger.</summary>
    public async Task<Server> TakeOverAsync(Spare spare, ServerOrder order, CancellationToken cancellationToken)
    {
        var instance = await api.InstanceAsync(spare.Reference, cancellationToken);
        var mark = ServerMark.Of(order.Mark);
        var isOrders = instance?.DisplayName == mark;
        if (instance is null || !(isOrders || (IsFree(instance, spare) && instance.CancelDate is not { Length: > 0 })))
        {
            throw NotToBeHad();
        }

        var images = await api.ImagesAsync(cancellationToken);
        if (isOrders && !IsSpareSystem(instance, images))
        {
            return Look(instance)!;
        }

        if (!IsAtRest(instance))
        {
            throw Look(instance with { DisplayName = mark })!.Trouble is not null
                ? await LeaveAsync(spare, mark, NotToBeHad(), cancellationToken)
                : new ProviderException("Contabo is still at work on the computer.") { Code = "provider_busy", WaitFor = s_busy };
        }

        try
        {
            var image = ImageOf(UbuntuImage(), images);
            if (!isOrders)
            {
                await api.RenameAsync(spare.Reference, mark, cancellationToken);
            }

            var password = await NewPasswordAsync(mark, cancellationToken);
            await api.ReinstallAsync(spare.Reference, new ContaboReinstall(image, password, order.BootScript, User), cancellationToken);
            return new Server(spare.Reference, ServerPower.Starting, null, AddressOf(instance), null) { IsReachedByName = true };
        }
        catch (ProviderException no) when (no.IsFinal)
        {
            throw await LeaveAsync(spare, mark, no, cancellationToken);
        }
    }

    /// <summary>It is paid for on and on and serves nobody: the mark it was bought with brings it before our people.</summary>
    private async Task<ProviderException> LeaveAsync(Spare spare, string mark, ProviderException no, CancellationToken cancellationToken)
    {
        try
        {
            await ForgetPasswordsAsync(mark, cancellationToken);
            await api.RenameAsync(spare.Reference, ServerMark.Of(spare.Id), cancellationToken);
            return no;
        }
        catch (ProviderException stays) when (stays.IsFinal)
        {
            // It still carries the order's mark, so no other may be bought yet.
            return new ProviderException(stays.Message, stays) { Code = stays.Code };
        }
    }

    private static bool IsFree(ContaboInstance instance, Spare spare) =>
        instance.DisplayName == ServerMark.Spare(instance.InstanceId) || ServerMark.Read(instance.DisplayName) == spare.Id;

    private static bool IsAtRest(ContaboInstance instance) => instance.Status is "running" or "stopped";

    private static bool IsSpareSystem(ContaboInstance instance, IReadOnlyList<ContaboImage> images) =>
        images.Any(image => image.ImageId == instance.ImageId && DebianImage().IsMatch(image.Name ?? ""));

    private static ProviderException NotToBeHad() => new("This spare computer cannot be had any more.") { Code = "spare_gone", IsFinal = true };
}
