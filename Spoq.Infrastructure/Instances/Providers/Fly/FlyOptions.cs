using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Fly;

/// <summary>Section <c>Fly</c>.</summary>
internal sealed class FlyOptions
{
    public const string Section = "Fly";

    public Uri BaseUrl { get; set; } = new("https://api.machines.dev");

    /// <summary>Of the whole organisation: each instance is an app of its own.</summary>
    public string? ApiToken { get; set; }

    /// <summary>Whose apps they are, and who pays.</summary>
    public string Organization { get; set; } = "personal";

    /// <summary>The runtime image (<c>deploy/instance</c>), in a registry that Fly reaches, such as <c>registry.fly.io/spoq-runtime:1.4</c>.</summary>
    public string? Image { get; set; }
}

internal sealed class FlyOptionsValidation(IHostEnvironment environment) : IValidateOptions<FlyOptions>
{
    public ValidateOptionsResult Validate(string? name, FlyOptions options)
    {
        string[] wrong =
        [
            .. VendorSetup.Missing(FlyOptions.Section, (nameof(options.ApiToken), options.ApiToken), (nameof(options.Image), options.Image), (nameof(options.Organization), options.Organization)),
            .. VendorSetup.WrongAddress("Fly__BaseUrl", options.BaseUrl, environment),
        ];
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
