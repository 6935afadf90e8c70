namespace Spoq.Infrastructure.Ops;

/// <summary>Section <c>Limits</c>: how often callers may knock. What guards passwords and codes is not for configuration.</summary>
public sealed class LimitOptions
{
    public const string Section = "Limits";

    /// <summary>Requests to the JSON API from one network address, without a sign-in.</summary>
    public int AnonymousPerMinute { get; set; } = 600;

    public int AccountPerMinute { get; set; } = 600;

    /// <summary>Each API key has a share of its own, so that one wild program does not stop the others.</summary>
    public int KeyPerMinute { get; set; } = 300;

    /// <summary>Sign-ups, log-ins, codes and forgotten passwords from one network address, each.</summary>
    public int FormsPerTenMinutes { get; set; } = 100;

    /// <summary>Is this address free? Typing at full speed stays below it; walking a dictionary does not.</summary>
    public int AddressChecksPerMinute { get; set; } = 120;
}
