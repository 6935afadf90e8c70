using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Dns.Cloudflare;

/// <summary>Section <c>Cloudflare</c>: the zone that customers' addresses live in.</summary>
internal sealed class CloudflareOptions
{
    public const string Section = "Cloudflare";

    public Uri BaseUrl { get; set; } = new("https://api.cloudflare.com/client/v4");

    /// <summary>Needs Zone:DNS:Edit and Zone:Zone:Read on the one zone.</summary>
    public string? ApiToken { get; set; }

    public string? ZoneId { get; set; }
}

internal sealed class CloudflareOptionsValidation(IHostEnvironment environment) : IValidateOptions<CloudflareOptions>
{
    public ValidateOptionsResult Validate(string? name, CloudflareOptions options)
    {
        string[] wrong =
        [
            .. VendorSetup.Missing(CloudflareOptions.Section, (nameof(options.ApiToken), options.ApiToken), (nameof(options.ZoneId), options.ZoneId)),
            .. VendorSetup.WrongAddress("Cloudflare__BaseUrl", options.BaseUrl, environment),
            .. options.ZoneId is { Length: > 0 } zone && (zone.Length > 32 || !zone.All(char.IsAsciiLetterOrDigit)) ? ["Cloudflare__ZoneId must be the id of the zone, 32 letters and digits."] : Array.Empty<string>(),
        ];
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
