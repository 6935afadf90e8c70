using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

/// <summary>
/// Virtual servers of Contabo. The mark is the display name, which lists filter by. There is no deletion: an instance is wiped,
/// cancelled and runs, paid for, until the date the cancellation names. See api.contabo.com.
/// </summary>
internal sealed partial class ContaboProvider(ContaboApi api, IOptions<ContaboOptions> options, TimeProvider clock) : IReusableServers
{
    /// <summary>Cloud-init runs the script as root whoever may sign in; nobody signs in as this user.</summary>
    private const string User = "admin";

    private static readonly TimeSpan s_counted = TimeSpan.FromSeconds(30);

    private static readonly ServerRegion[] s_regions =
    [
        new("EU", "European Union", true), new("UK", "United Kingdom", true), new("US-central", "United States, central", true), new("US-east", "United States, east", true),
        new("US-west", "United States, west", true), new("SIN", "Singapore", true), new("JPN", "Japan", true), new("IND", "India", true), new("AUS", "Australia", true),
    ];

    private (int Servers, DateTimeOffset Until)? _count;

    public string Name => ContaboApi.Key;

    public ServerCapabilities Capabilities => ServerCapabilities.Ssh | ServerCapabilities.Move;

    public TimeSpan LookupLag => TimeSpan.FromMinutes(2);

    public async Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken)
    {
        var isSold = size is null || ProductOf(size) is not null;
        var hasRoom = isSold && await CountAsync(cancellationToken) < options.Value.ServerLimit;
        return [.. s_regions.Select(region => region with { IsAvailable = hasRoom })];
    }

    public Task<IReadOnlyList<ServerRegion>> RegionsNowAsync(ServerSize? size, CancellationToken cancellationToken)
    {
        _count = null;
        return RegionsAsync(size, cancellationToken);
    }

    public async Task<Server?> FindAsync(Guid mark, CancellationToken cancellationToken) => Look(await FindInstanceAsync(mark, cancellationToken));

    public async Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await api.InstancesAsync(null, cancellationToken)).Where(instance => ServerMark.Marks(instance.DisplayName))
            .Select(instance => new ListedServer(Reference(instance), ServerMark.Read(instance.DisplayName), instance.DisplayName!, PowerOf(instance)))];

    public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => Look(await api.InstanceAsync(reference, cancellationToken));

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        if (Look(await FindInstanceAsync(order.Mark, cancellationToken)) is { } found)
        {
            return found;
        }

        var product = ProductOf(order.Size) ?? throw new ProviderException("Contabo does not offer this size.") { Code = "sold_out", IsFinal = true };
        _count = null;
        if (await CountAsync(cancellationToken) >= options.Value.ServerLimit)
        {
            throw new ProviderException("There is no room for another computer at Contabo at the moment.") { Code = "sold_out", IsFinal = true };
        }

        var mark = ServerMark.Of(order.Mark);
        var image = await ImageAsync(order.IsSpare ? DebianImage() : UbuntuImage(), cancellationToken);
        var password = await NewPasswordAsync(mark, cancellationToken);
        var made = await api.OrderAsync(new ContaboOrder(image, product, order.Region, password, order.BootScript, Period: 1, mark, User), cancellationToken);
        _count = null;
        return Look(made with { DisplayName = mark })!;
    }

    public async Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        if (Look(await api.InstanceAsync(reference, cancellationToken)) is not { } server)
        {
            throw new ProviderException("Contabo does not know the computer any more.") { Code = "server_gone", IsFinal = true };
        }

        if (server.Trouble is { } trouble)
        {
            throw new ProviderException(trouble) { Code = "needs_person", IsFinal = true };
        }

        if (server.Power == ServerPower.Stopped)
        {
            await api.ActAsync(reference, "start", cancellationToken);
        }
    }

    public async Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        // The graceful one: "stop" is the power switch.
        if (await api.InstanceAsync(reference, cancellationToken) is { Status: "running" } instance && ServerMark.Marks(instance.DisplayName))
        {
            await api.ActAsync(reference, "shutdown", cancellationToken);
        }
    }

    public async Task SettleAsync(string reference, CancellationToken cancellationToken)
    {
        if (await api.InstanceAsync(reference, cancellationToken) is { DisplayName: { } mark } && ServerMark.Marks(mark))
        {
            await ForgetPasswordsAsync(mark, cancellationToken);
        }
    }

    /// <summary>As at Hostinger, what was done is read from the instance: its image, the date it ends on, and its name last.</summary>
    public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken) => EndAsync(reference, isCancelled: true, cancellationToken);

    private async Task<ServerEnd> EndAsync(string reference, bool isCancelled, CancellationToken cancellationToken)
    {
        if (await api.InstanceAsync(reference, cancellationToken) is not { } instance)
        {
            return new ServerEnd.Gone();
        }

        var isSpare = instance.DisplayName == ServerMark.Spare(instance.InstanceId);
        if (!isSpare && !ServerMark.Marks(instance.DisplayName))
        {
            return new ServerEnd.Kept(EndOf(instance.CancelDate));
        }

        if (instance.Status is "provisioning" or "installing" or "reset_password" or "unknown")
        {
            return new ServerEnd.Ending("Contabo is still at work on the computer.");
        }

        if (!isSpare && instance.Status is ("running" or "stopped" or "rescue") && await WipeAsync(instance, cancellationToken) is { } ending)
        {
            return ending;
        }

        var date = instance.CancelDate is { Length: > 0 } known ? known : isCancelled ? await api.CancelAsync(reference, cancellationToken) : null;
        if (date is null && isCancelled)
        {
            throw new ProviderException("Contabo does not let this computer be cancelled by its API; our people have to cancel it in the customer panel.") { Code = "needs_person" };
        }

        if (!isSpare)
        {
            await ForgetPasswordsAsync(instance.DisplayName!, cancellationToken);
            await api.RenameAsync(reference, ServerMark.Spare(instance.InstanceId), cancellationToken);
        }

        return new ServerEnd.Kept(date is null ? null : EndOf(date));
    }

    /// <summary>Null: there is nothing of its owner's on it.</summary>
    private async Task<ServerEnd.Ending?> WipeAsync(ContaboInstance instance, CancellationToken cancellationToken)
    {
        var images = await api.ImagesAsync(cancellationToken);
        if (IsSpareSystem(instance, images))
        {
            return null;
        }

        var password = await NewPasswordAsync(instance.DisplayName!, cancellationToken);
        await api.ReinstallAsync(Reference(instance), new ContaboReinstall(ImageOf(DebianImage(), images), password, null, User), cancellationToken);
        return new ServerEnd.Ending("The computer's disk is being wiped.");
    }

    /// <summary>Contabo takes passwords as secrets of its own store only. One a server, and none for longer than it is needed.</summary>
    private async Task<long> NewPasswordAsync(string mark, CancellationToken cancellationToken)
    {
        await ForgetPasswordsAsync(mark, cancellationToken);
        return await api.AddSecretAsync(new ContaboNewSecret(mark, RootPassword.New(), "password"), cancellationToken);
    }

    private async Task ForgetPasswordsAsync(string mark, CancellationToken cancellationToken)
    {
        foreach (var secret in (await api.SecretsAsync(mark, cancellationToken)).Where(secret => secret.Name == mark && secret.SecretId is not null))
        {
            await api.RemoveSecretAsync((long)secret.SecretId!.Value, cancellationToken);
        }
    }

    private async Task<string> ImageAsync(Regex names, CancellationToken cancellationToken) => ImageOf(names, await api.ImagesAsync(cancellationToken));

    private static string ImageOf(Regex names, IReadOnlyList<ContaboImage> images) =>
        images.Where(image => image is { StandardImage: not false, ImageId: not null } && names.IsMatch(image.Name ?? ""))
            .OrderByDescending(image => image.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault()?.ImageId
        ?? throw new ProviderException("Contabo does not offer the system we install at the moment.") { Code = "sold_out", IsFinal = true };

    private async Task<ContaboInstance?> FindInstanceAsync(Guid mark, CancellationToken cancellationToken) =>
        (await api.InstancesAsync(ServerMark.Of(mark), cancellationToken)).Where(instance => ServerMark.Read(instance.DisplayName) == mark).MinBy(instance => instance.InstanceId);

    private async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        if (_count is not var (servers, until) || clock.GetUtcNow() >= until)
        {
            servers = await api.CountAsync(cancellationToken);
            _count = (servers, clock.GetUtcNow() + s_counted);
        }

        return servers;
    }

    private string? ProductOf(ServerSize size) =>
        options.Value.Products.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"{size.Cpus}-{size.MemoryGb}-{size.DiskGb}"));

    private DateTimeOffset EndOf(string? date) =>
        DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var end) ? end : clock.GetUtcNow();

    private static string Reference(ContaboInstance instance) => instance.InstanceId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Null: gone, or a rental that is no instance's any more.</summary>
    private static Server? Look(ContaboInstance? instance) => instance is null || !ServerMark.Marks(instance.DisplayName) ? null : new Server(Reference(instance), PowerOf(instance), null, AddressOf(instance), null)
    {
        IsReachedByName = true,
        Trouble = instance.Status switch
        {
            "error" => "Contabo reports an error with the computer; our people have to look.",
            "manual_provisioning" => "Contabo's people set this computer up by hand, which takes longer than a purchase may.",
            "verification_required" => "Contabo wants to verify our account first; our people have to look.",
            "pending_payment" => "Contabo waits for a payment of ours; our people have to look.",
            "product_not_available" => "Contabo cannot deliver this size in this region; our people have to look.",
            _ => null,
        },
    };

    private static string? AddressOf(ContaboInstance instance) => instance.IpConfig?.V4?.Ip is { Length: > 0 } ip && ip != "0.0.0.0" ? ip : null;

    private static ServerPower PowerOf(ContaboInstance instance) => instance.Status switch
    {
        "running" => ServerPower.Running,
        "stopped" or "error" => ServerPower.Stopped,

        // A status nobody has heard of yet passes, or the step's deadline ends it.
        _ => ServerPower.Starting,
    };

    /// <summary>Long-term releases from 22.04 on, nothing on top; the newest sorts last.</summary>
    [GeneratedRegex(@"^ubuntu[- ](2[2468]|[3-9][02468])\.04( LTS)?$", RegexOptions.IgnoreCase)]
    private static partial Regex UbuntuImage();

    [GeneratedRegex(@"^debian[- ]\d\d$", RegexOptions.IgnoreCase)]
    private static partial Regex DebianImage();
}
