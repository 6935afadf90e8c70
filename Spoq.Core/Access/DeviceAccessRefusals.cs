namespace Spoq.Core.Access;

/// <summary>Every "no" to the person who types a device's words.</summary>
public static class DeviceAccessRefusals
{
    public const string Field = "user_code";

    /// <summary>The same for words that never were, are over, or belong to another's request.</summary>
    public static readonly Refusal Unknown = new("user_code_unknown", "No device waits with these words. Check them for typing mistakes, or start again on the device: words work for 10 minutes.", RefusalKind.NotFound, Field);

    public static readonly Refusal Malformed = new("user_code_malformed", "A code is three words, such as BLUE-FISH-TREE. Type the three words that your device shows.", RefusalKind.Invalid, Field);

    public static readonly Refusal Expired = new("user_code_expired", "These words are no longer valid. Start again on the device to get new ones.", RefusalKind.NotFound, Field);

    public static readonly Refusal Decided = new("user_code_used", "This request was already answered. Start again on the device if it still waits.", RefusalKind.Conflict, Field);

    public static readonly Refusal DecisionMissing = new("decision_missing", "Say what you decide: approve or deny.", RefusalKind.Invalid, "decision");

    public static readonly Refusal BrowserOnly = new("browser_session_required", "A device is approved by a person at a browser. Open the verification address and log in there.", RefusalKind.Forbidden);

    public static readonly Refusal ClientUnknown = new("client_unknown", "This client is not known here, has a secret to show at /oauth/device_authorization instead, or is not registered for the device grant.", RefusalKind.Invalid, "client_id");

    public static readonly Refusal ScopeInvalid = new("scope_invalid", "One of the scopes is unknown or not for this client.", RefusalKind.Invalid, "scope");

    public static Refusal TooManyStarts(TimeSpan wait) => new(
        "too_many_device_codes", "Many devices of your network asked for words in a short time. Wait a moment, then try again.", RefusalKind.TooMany) { RetryAfter = wait };

    public static Refusal Locked(TimeSpan wait) => new(
        "user_code_locked", $"Too many wrong words. For safety, wait {Math.Max(1, (int)Math.Ceiling(wait.TotalMinutes))} min, then try again.", RefusalKind.TooMany) { RetryAfter = wait };
}
