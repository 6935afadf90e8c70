namespace Spoq.Core.Access;

/// <summary>Every "no" about API keys.</summary>
public static class ApiKeyRefusals
{
    public static readonly Refusal NotFound = new("api_key_not_found", "There is no such API key, or it was revoked.", RefusalKind.NotFound);

    public static readonly Refusal InUrl = new("api_key_in_url", "An API key was sent in the address, where logs and browser histories keep it. Send it as a header, Authorization: Bearer, and rotate this key now.", RefusalKind.Malformed);

    public static readonly Refusal TooMany = new("api_key_limit", $"An account has at most {ApiKey.MaxPerAccount} API keys. Revoke one that is no longer used, then create this one.", RefusalKind.Conflict);

    public static readonly Refusal NameMissing = new("api_key_name_missing", "Give the key a name that tells later what uses it, such as \"backup script\".", RefusalKind.Invalid, "name");

    public static readonly Refusal NameBad = new("api_key_name_invalid", $"Use at most {ApiKey.MaxName} characters that can be shown.", RefusalKind.Invalid, "name");

    public static readonly Refusal ScopesMissing = new("api_key_scopes_missing", "Choose at least one thing the key may do.", RefusalKind.Invalid, "scopes");

    public static readonly Refusal ScopeUnknown = new("api_key_scope_unknown", "One of the scopes is none that an API key can hold. See the list in the documentation.", RefusalKind.Invalid, "scopes");

    public static readonly Refusal ExpiryPast = new("api_key_expiry_past", "The key would expire before it can be used. Choose a time in the future, or none.", RefusalKind.Invalid, "expires_at");

    public static readonly Refusal BadCap = new("api_key_cap_invalid", "A monthly cap is an amount above zero, in millionths of a dollar, and at most a million dollars. Leave it away for none.", RefusalKind.Invalid, "monthly_cap_microdollars");

    public static readonly Refusal BadOverlap = new("api_key_overlap_invalid", $"The old secret can live on for 0 to {ApiKey.MaxOverlap.TotalHours} hours.", RefusalKind.Invalid, "overlap_hours");

    public static readonly Refusal Over = new("api_key_expired", "This key has expired. Create a new one in its place.", RefusalKind.Conflict);
}
