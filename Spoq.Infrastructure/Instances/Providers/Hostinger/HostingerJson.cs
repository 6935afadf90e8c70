using System.Text.Json.Serialization;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

internal sealed record HostingerIp(long? Id, string? Address);

internal sealed record HostingerTemplate(long? Id, string? Name);

/// <summary>State words are text: new ones must not break what is known. Memory and disk are in MB.</summary>
internal sealed record HostingerVm(
    long Id, string? SubscriptionId, long? DataCenterId, string? Plan, string? Hostname, string? State, string? ActionsLock,
    int? Cpus, int? Memory, int? Disk, HostingerIp[]? Ipv4, HostingerTemplate? Template, DateTimeOffset? CreatedAt);

internal sealed record HostingerDataCenter(long? Id, string? Name, string? City, string? Location);

/// <summary>Prices are cents; the id of the price is what is bought, not the item's.</summary>
internal sealed record HostingerPrice(string? Id, string? Currency, int? Period, string? PeriodUnit);

internal sealed record HostingerItem(string? Id, HostingerPrice[]? Prices);

internal sealed record HostingerScript(long? Id, string? Name, string? Content, DateTimeOffset? CreatedAt);

internal sealed record HostingerPage(int? CurrentPage, int? PerPage, int? Total);

internal sealed record HostingerScripts(HostingerScript[]? Data, HostingerPage? Meta);

internal sealed record HostingerOrder(long? Id, string? SubscriptionId, string? Status);

internal sealed record HostingerPurchased(HostingerOrder? Order, HostingerVm? VirtualMachine);

internal sealed record HostingerSubscription(string? Id, string? Status, bool? IsAutoRenewed, DateTimeOffset? ExpiresAt, DateTimeOffset? NextBillingAt);

internal sealed record HostingerInstallation(long TemplateId, long DataCenterId, long? PostInstallScriptId, string Password, string Hostname, bool EnableBackups);

internal sealed record HostingerPurchase(string ItemId, long? PaymentMethodId, HostingerInstallation Setup);

internal sealed record HostingerRecreate(long TemplateId, string Password, long? PostInstallScriptId);

internal sealed record HostingerHostname(string Hostname);

internal sealed record HostingerNewScript(string Name, string Content);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(HostingerVm))]
[JsonSerializable(typeof(HostingerVm[]))]
[JsonSerializable(typeof(HostingerDataCenter[]))]
[JsonSerializable(typeof(HostingerTemplate[]))]
[JsonSerializable(typeof(HostingerItem[]))]
[JsonSerializable(typeof(HostingerScript))]
[JsonSerializable(typeof(HostingerScripts))]
[JsonSerializable(typeof(HostingerPurchased))]
[JsonSerializable(typeof(HostingerSubscription))]
[JsonSerializable(typeof(HostingerSubscription[]))]
[JsonSerializable(typeof(HostingerPurchase))]
[JsonSerializable(typeof(HostingerInstallation))]
[JsonSerializable(typeof(HostingerRecreate))]
[JsonSerializable(typeof(HostingerHostname))]
[JsonSerializable(typeof(HostingerNewScript))]
internal sealed partial class HostingerJson : JsonSerializerContext;
