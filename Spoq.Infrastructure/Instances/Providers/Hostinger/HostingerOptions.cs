using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

/// <summary>Section <c>Hostinger</c>.</summary>
internal sealed class HostingerOptions
{
    public const string Section = "Hostinger";

    public Uri BaseUrl { get; set; } = new("https://developers.hostinger.com");

    /// <summary>Has all rights of whoever made it, and may expire.</summary>
    public string? ApiKey { get; set; }

    /// <summary>What purchases are paid with; unset: the account's default.</summary>
    public long? PaymentMethodId { get; set; }
}

internal sealed class HostingerOptionsValidation(IHostEnvironment environment) : IValidateOptions<HostingerOptions>
{
    public ValidateOptionsResult Validate(string? name, HostingerOptions options)
    {
        string[] wrong =
        [
            .. VendorSetup.Missing(HostingerOptions.Section, (nameof(options.ApiKey), options.ApiKey)),
            .. VendorSetup.WrongAddress("Hostinger__BaseUrl", options.BaseUrl, environment),
        ];
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
