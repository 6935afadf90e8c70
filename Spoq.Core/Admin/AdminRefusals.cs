namespace Spoq.Core.Admin;

/// <summary>Every "no" of what administrators do.</summary>
public static class AdminRefusals
{
    public static readonly Refusal NoReason = new("reason_missing", "Say in a sentence why it is held; the audit log keeps it.", RefusalKind.Invalid, "reason");

    public static readonly Refusal NoOrphan = new("orphan_not_found", "This is no orphan any more, or its provider is not switched on here. Reload the page.", RefusalKind.NotFound);

    public static readonly Refusal StillEnding = new("still_ending", "The provider is ending it. Look again in a minute.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromMinutes(1) };

    public static readonly Refusal UnknownState = new("unknown_state", "There is no such state. Leave it away to see all.", RefusalKind.Invalid, "state");

    public static readonly Refusal UnknownAction = new("unknown_action", "The action is retry, cancel, stop, terminate, hold or release.", RefusalKind.Invalid, "action");

    public static Refusal ProviderSaid(string words) => new("provider_error", $"The provider refused: {words} Nothing was changed; try again in a minute.", RefusalKind.Unavailable);
}
