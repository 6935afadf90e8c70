using System.Text.Json.Serialization;

namespace Spoq.Infrastructure.Instances.Dns.Cloudflare;

internal sealed record CloudflareError(int Code, string? Message);

internal sealed record CloudflarePage(double? Page, double? TotalPages, double? PerPage, double? TotalCount);

internal sealed record CloudflareRecord(string? Id, string? Name, string? Type, string? Content, double? Ttl, bool? Proxied, string? Comment);

internal sealed record CloudflareZoneInfo(string? Id, string? Name, string? Status, bool? Paused);

internal sealed record CloudflareRecords(bool Success, CloudflareError[]? Errors, CloudflareRecord[]? Result, CloudflarePage? ResultInfo);

internal sealed record CloudflareZones(bool Success, CloudflareError[]? Errors, CloudflareZoneInfo[]? Result, CloudflarePage? ResultInfo);

/// <summary>An envelope whose result nobody needs.</summary>
internal sealed record CloudflareVerdict(bool Success, CloudflareError[]? Errors);

internal sealed record CloudflareWrite(string Type, string Name, string Content, int Ttl, bool Proxied, string Comment);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(CloudflareRecords))]
[JsonSerializable(typeof(CloudflareZones))]
[JsonSerializable(typeof(CloudflareVerdict))]
[JsonSerializable(typeof(CloudflareWrite))]
internal sealed partial class CloudflareJson : JsonSerializerContext;
