using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Section <c>Ai</c>: where usage waits on its way to PostgreSQL.</summary>
public sealed class SpoolOptions
{
    public const string Section = "Ai";

    /// <summary>On a disk that outlives the process. Several processes may share it: each takes a numbered folder inside.</summary>
    public string SpoolDirectory { get; set; } = "";

    /// <summary>Beyond it requests are answered with 503: about 3,000 events a megabyte.</summary>
    public int SpoolMegabytes { get; set; } = 256;

    /// <summary>Requests that may run at once in one process.</summary>
    public int MostCalls { get; set; } = 16_384;
}

internal sealed class SpoolOptionsValidation : IValidateOptions<SpoolOptions>
{
    public ValidateOptionsResult Validate(string? name, SpoolOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.SpoolDirectory))
        {
            return ValidateOptionsResult.Fail("Set Ai__SpoolDirectory to a folder on a disk that outlives the process: usage waits there on its way to PostgreSQL.");
        }

        return options.SpoolMegabytes is < 4 or > 65_536 ? ValidateOptionsResult.Fail("Ai__SpoolMegabytes must be from 4 to 65536.")
            : options.MostCalls is < 16 or > 1_000_000 ? ValidateOptionsResult.Fail("Ai__MostCalls must be from 16 to 1000000.")
            : ValidateOptionsResult.Success;
    }
}
