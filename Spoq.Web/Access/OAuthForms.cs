namespace Spoq.Web.Access;

/// <summary>What may be sent to redeem a grant, for the document; <see cref="OAuthForm"/> reads it.</summary>
/// <param name="GrantType"><c>authorization_code</c>, <c>refresh_token</c> or <c>urn:ietf:params:oauth:grant-type:device_code</c>.</param>
internal sealed record TokenForm(
    string GrantType,
    string? ClientId = null,
    string? ClientSecret = null,
    string? Code = null,
    string? RedirectUri = null,
    string? CodeVerifier = null,
    string? RefreshToken = null,
    string? DeviceCode = null,
    string? Scope = null);

/// <summary>A token to be revoked or looked into.</summary>
internal sealed record TokenHintForm(string Token, string? TokenTypeHint = null, string? ClientId = null, string? ClientSecret = null);

/// <summary>Who asks for the three words.</summary>
internal sealed record DeviceForm(string ClientId, string? Scope = null, string? DeviceName = null);
