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
}
