using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Byo;

/// <summary>
/// Section <c>Byo</c>: servers that customers bring. Nothing has to be set. The ports are development's: no authority certifies
/// a name that ends in .localhost, so a server that called from this machine is looked at there directly.
/// </summary>
internal sealed class ByoOptions
{
    public const string Section = "Byo";

    /// <summary>Where the Conductor of a server on this machine answers, without TLS; 0: by its name, as everywhere.</summary>
    public int LoopbackPort { get; set; }

    /// <summary>Where SSH of a server on this machine answers.</summary>
    public int LoopbackSshPort { get; set; } = 22;
}

internal sealed class ByoOptionsValidation(IHostEnvironment environment) : IValidateOptions<ByoOptions>
{
    public ValidateOptionsResult Validate(string? name, ByoOptions options)
    {
        if (options.LoopbackPort is < 0 or > 65535 || options.LoopbackSshPort is <= 0 or > 65535)
        {
            return ValidateOptionsResult.Fail("Byo__LoopbackPort and Byo__LoopbackSshPort must be port numbers.");
        }

        return environment.IsProduction() && options.LoopbackPort != 0
            ? ValidateOptionsResult.Fail("Byo__LoopbackPort is for development: servers of customers are never on this machine.")
            : ValidateOptionsResult.Success;
    }
}
