using System.Text.Json.Serialization;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

internal sealed record ContaboToken([property: JsonPropertyName("access_token")] string? AccessToken, [property: JsonPropertyName("expires_in")] int? ExpiresIn);

internal sealed record ContaboV4(string? Ip);

internal sealed record ContaboIps(ContaboV4? V4);

/// <summary>Answers to orders and lists have one form here; what an answer leaves out is null. A date of cancellation may be empty, null or missing.</summary>
internal sealed record ContaboInstance(long InstanceId, string? DisplayName, string? Status, string? ImageId, ContaboIps? IpConfig, string? CancelDate, string? ErrorMessage);

internal sealed record ContaboPagination(double? TotalElements, double? TotalPages);

internal sealed record ContaboInstances(ContaboInstance[]? Data, [property: JsonPropertyName("_pagination")] ContaboPagination? Pagination);

internal sealed record ContaboImage(string? ImageId, string? Name, bool? StandardImage);

internal sealed record ContaboImages(ContaboImage[]? Data, [property: JsonPropertyName("_pagination")] ContaboPagination? Pagination);

internal sealed record ContaboSecret(double? SecretId, string? Name);

internal sealed record ContaboSecrets(ContaboSecret[]? Data, [property: JsonPropertyName("_pagination")] ContaboPagination? Pagination);

internal sealed record ContaboOrder(string ImageId, string ProductId, string Region, long RootPassword, string UserData, int Period, string DisplayName, string DefaultUser);

internal sealed record ContaboReinstall(string ImageId, long RootPassword, string? UserData, string DefaultUser);

internal sealed record ContaboRename(string DisplayName);

internal sealed record ContaboNewSecret(string Name, string Value, string Type);

/// <summary>Without a date: the next one there is.</summary>
internal sealed record ContaboCancel;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(ContaboToken))]
[JsonSerializable(typeof(ContaboInstances))]
[JsonSerializable(typeof(ContaboImages))]
[JsonSerializable(typeof(ContaboSecrets))]
[JsonSerializable(typeof(ContaboOrder))]
[JsonSerializable(typeof(ContaboReinstall))]
[JsonSerializable(typeof(ContaboRename))]
[JsonSerializable(typeof(ContaboNewSecret))]
[JsonSerializable(typeof(ContaboCancel))]
internal sealed partial class ContaboJson : JsonSerializerContext;
