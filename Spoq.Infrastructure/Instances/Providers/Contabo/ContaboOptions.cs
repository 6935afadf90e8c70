using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

/// <summary>Section <c>Contabo</c>: the four credentials of the customer panel's API page.</summary>
internal sealed class ContaboOptions
{
    public const string Section = "Contabo";

    public Uri BaseUrl { get; set; } = new("https://api.contabo.com");

    /// <summary>Where tokens come from; another host than the API's.</summary>
    public Uri AuthUrl { get; set; } = new("https://auth.contabo.com");

    public string? ClientId { get; set; }

    public string? ClientSecret { get; set; }

    public string? ApiUser { get; set; }

    public string? ApiPassword { get; set; }

    /// <summary>Servers that the account may hold; at the limit nothing is offered any more.</summary>
    public int ServerLimit { get; set; } = 75;

    /// <summary>
    /// The product to buy for a plan of <c>cpus-memory-disk</c>, both in GB. Contabo has no catalogue in its API, and its products
    /// are larger than ours: the smallest that holds the plan.
    /// </summary>
    public Dictionary<string, string> Products { get; } = new()
    {
        ["1-4-50"] = "V92",
        ["2-8-100"] = "V92",
        ["4-16-200"] = "V98",
        ["8-32-400"] = "V101",
    };
}

internal sealed class ContaboOptionsValidation(IHostEnvironment environment) : IValidateOptions<ContaboOptions>
{
    public ValidateOptionsResult Validate(string? name, ContaboOptions options)
    {
        string[] wrong =
        [
            .. VendorSetup.Missing(
                ContaboOptions.Section, (nameof(options.ClientId), options.ClientId), (nameof(options.ClientSecret), options.ClientSecret),
                (nameof(options.ApiUser), options.ApiUser), (nameof(options.ApiPassword), options.ApiPassword)),
            .. VendorSetup.WrongAddress("Contabo__BaseUrl", options.BaseUrl, environment),
            .. VendorSetup.WrongAddress("Contabo__AuthUrl", options.AuthUrl, environment),
            .. options.ServerLimit < 0 ? ["Contabo__ServerLimit must not be below zero."] : Array.Empty<string>(),
        ];
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
