namespace Spoq.Core.Access;

/// <summary>A "no" as RFC 6749, sections 4.1.2.1 and 5.2, spells it.</summary>
/// <param name="Code">One of the registered words.</param>
/// <param name="Description">ASCII without quotes or backslashes: the RFC allows no others.</param>
public sealed record OAuthError(string Code, string Description)
{
    public static readonly OAuthError AccessDenied = new("access_denied", "The owner of the account said no.");

    public static readonly OAuthError InvalidClient = new("invalid_client", "The client is unknown here, or did not show its secret as it was registered.");

    public static readonly OAuthError InvalidGrant = new("invalid_grant", "This code or token is unknown, expired, used, revoked or somebody else's. Ask the person again.");

    public static readonly OAuthError UnsupportedGrantType = new("unsupported_grant_type", "There is no such grant type here; see grant_types_supported in the metadata.");

    public static readonly OAuthError UnauthorizedClient = new("unauthorized_client", "This client is not registered for that grant type.");

    public static readonly OAuthError InvalidScope = new("invalid_scope", "A scope is unknown, or not for this client; see scopes_supported in the metadata.");

    public static readonly OAuthError LoginRequired = new("login_required", "Nobody is signed in, and the request forbids to ask.");

    public static readonly OAuthError ConsentRequired = new("consent_required", "The owner of the account is always asked, and the request forbids it.");

    public static readonly OAuthError InteractionRequired = new("interaction_required", "A plan must be chosen first, and the request forbids to ask.");

    public static OAuthError InvalidRequest(string description) => new("invalid_request", description);
}
