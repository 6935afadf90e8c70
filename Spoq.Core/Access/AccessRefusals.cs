namespace Spoq.Core.Access;

public static class AccessRefusals
{
    public static readonly Refusal TokenMissing = new("token_missing", "Send a token: Authorization: Bearer followed by the token.", RefusalKind.Unauthenticated);

    /// <summary>One answer for every kind of forgery: which check failed is nobody's business.</summary>
    public static readonly Refusal TokenInvalid = new("invalid_token", "This token is not valid here. Sign in again to get a new one.", RefusalKind.Unauthenticated);

    public static readonly Refusal TokenExpired = new("token_expired", "This token has expired. Ask for a new one.", RefusalKind.Unauthenticated);

    /// <summary>Told apart so that a verifier may fetch the key set anew.</summary>
    public static readonly Refusal KeyUnknown = new("invalid_token", "This token was signed with a key that is not known here. Sign in again to get a new one.", RefusalKind.Unauthenticated);

    public static readonly Refusal NotYours = new("not_your_instance", "This computer belongs to another account. Sign in as its owner.", RefusalKind.Forbidden);

    public static readonly Refusal KeysUnavailable = new("keys_unavailable", "Tokens cannot be checked right now because the control plane is out of reach. Try again in a few seconds.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromSeconds(5) };

    public static readonly Refusal ApiKeyNotAccepted = new("api_key_not_accepted", "This does not take API keys. Sign in and send an access token.", RefusalKind.Forbidden);

    public static readonly Refusal EmailUnconfirmed = new("email_unconfirmed", "Confirm your e-mail address first: type the code from the mail we sent you.", RefusalKind.Forbidden);

    public static readonly Refusal AdminOnly = new("admin_only", "This is for administrators of this installation.", RefusalKind.Forbidden);

    public static readonly Refusal Antiforgery = new("antiforgery", "A browser session must prove that the page asks, not a stranger: send the page's token in the header RequestVerificationToken, or use an access token.", RefusalKind.Malformed);

    /// <summary>One answer for an unknown, expired, spent, revoked or somebody else's refresh token.</summary>
    public static readonly Refusal RefreshInvalid = new("invalid_grant", "This refresh token is not valid any more. Sign in again.", RefusalKind.Unauthenticated);

    public static readonly Refusal ScopeWider = new("invalid_scope", "The refresh token was not given these scopes. Ask the person again.", RefusalKind.Malformed, "scope");

    public static readonly Refusal GrantMissing = new("not_found", "There is no such connected app. It may have been revoked already.", RefusalKind.NotFound);

    public static Refusal InsufficientScope(string scope) => new("insufficient_scope", $"This needs a token with the scope {scope}.", RefusalKind.Forbidden);
}
