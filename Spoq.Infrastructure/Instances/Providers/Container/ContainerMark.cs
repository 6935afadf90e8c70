using System.Globalization;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>
/// What was ordered, as labels of the instance's volume: the first thing that is made and the last that is removed, so
/// everything else can be made anew from it, by whoever comes next.
/// </summary>
internal sealed record ContainerMark(Guid InstanceId, string Hostname, string Username, ServerSize Size, string ProvisioningToken)
{
    public const string Label = "dev.spoq.instance";
    public const string HostnameLabel = "dev.spoq.hostname";
    private const string UsernameLabel = "dev.spoq.username";
    private const string SizeLabel = "dev.spoq.size";
    private const string TokenLabel = "dev.spoq.token";

    public string Name => NameOf(InstanceId);

    /// <summary>Of its container, its network and its volume alike: the same at every try.</summary>
    public static string NameOf(Guid instanceId) => $"spoq-{instanceId:n}";

    public static Guid? IdOf(string name) => name.StartsWith("spoq-", StringComparison.Ordinal) && Guid.TryParseExact(name["spoq-".Length..], "n", out var id) ? id : null;

    public static ContainerMark Of(ServerOrder order) => new(order.InstanceId, order.Hostname, order.Username, order.Size, order.ProvisioningToken);

    /// <summary>For container and network: who they belong to and how large, and no secret.</summary>
    public Dictionary<string, string> Short() => new() { [Label] = InstanceId.ToString(), [HostnameLabel] = Hostname, [SizeLabel] = SizeText(Size) };

    public Dictionary<string, string> Write() => new(Short())
    {
        [UsernameLabel] = Username,
        [TokenLabel] = ProvisioningToken,
    };

    /// <summary>Null: made by somebody else.</summary>
    public static ContainerMark? Read(Dictionary<string, string>? labels) =>
        labels is not null
            && labels.TryGetValue(Label, out var id) && Guid.TryParse(id, out var instanceId)
            && labels.TryGetValue(HostnameLabel, out var hostname)
            && labels.TryGetValue(UsernameLabel, out var username)
            && labels.TryGetValue(SizeLabel, out var size) && ReadSize(size) is { } read
            && labels.TryGetValue(TokenLabel, out var token)
                ? new ContainerMark(instanceId, hostname, username, read, token)
                : null;

    /// <summary>Null: it does not say.</summary>
    public static ServerSize? SizeIn(Dictionary<string, string>? labels) => labels is not null && labels.TryGetValue(SizeLabel, out var size) ? ReadSize(size) : null;

    private static string SizeText(ServerSize size) => string.Create(CultureInfo.InvariantCulture, $"{size.Cpus} {size.MemoryGb} {size.DiskGb}");

    private static ServerSize? ReadSize(string text) =>
        text.Split(' ') is [var cpus, var memory, var disk]
            && int.TryParse(cpus, CultureInfo.InvariantCulture, out var c) && int.TryParse(memory, CultureInfo.InvariantCulture, out var m) && int.TryParse(disk, CultureInfo.InvariantCulture, out var d)
                ? new ServerSize(c, m, d)
                : null;
}
