using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Devices.SshId;

/// <summary>Section <c>SshId</c>: where ssh.id handles are looked up.</summary>
internal sealed class SshIdOptions
{
    public const string Section = "SshId";

    public Uri BaseUrl { get; set; } = new("https://sshid.io");

    /// <summary>For the whole look-up: name, connection and body.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);
}

internal sealed class SshIdOptionsValidation(IHostEnvironment environment) : IValidateOptions<SshIdOptions>
{
    public ValidateOptionsResult Validate(string? name, SshIdOptions options)
    {
        if (!options.BaseUrl.IsAbsoluteUri || options.BaseUrl.UserInfo.Length > 0 || options.BaseUrl.Query.Length > 0 || options.BaseUrl.Fragment.Length > 0)
        {
            return ValidateOptionsResult.Fail("SshId__BaseUrl must be an absolute address without user, query or fragment, such as https://sshid.io.");
        }

        // An emulator beside a development server is the one exception.
        var isEmulator = !environment.IsProduction() && options.BaseUrl.IsLoopback && options.BaseUrl.Scheme == Uri.UriSchemeHttp;
        if (options.BaseUrl.Scheme != Uri.UriSchemeHttps && !isEmulator)
        {
            return ValidateOptionsResult.Fail("SshId__BaseUrl must start with https://: whoever can change its answer adds keys to people's computers.");
        }

        return options.Timeout > TimeSpan.Zero && options.Timeout <= TimeSpan.FromSeconds(30)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("SshId__Timeout must be above zero and at most 30 seconds.");
    }
}
