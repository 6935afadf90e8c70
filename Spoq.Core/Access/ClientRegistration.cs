using System.Globalization;

namespace Spoq.Core.Access;

/// <summary>What a program says of itself when it registers (RFC 7591, section 2), as it came.</summary>
public sealed record ClientMetadata
{
    public string? ClientId { get; init; }

    public string? ClientName { get; init; }

    public string? ClientUri { get; init; }

    public IReadOnlyList<string?>? RedirectUris { get; init; }

    public string? TokenEndpointAuthMethod { get; init; }

    public IReadOnlyList<string?>? GrantTypes { get; init; }

    public IReadOnlyList<string?>? ResponseTypes { get; init; }

    public string? Scope { get; init; }
}

/// <summary>A registration that keeps the rules.</summary>
public sealed record ClientRegistration
{
    public const int MaxRedirectUris = 10;
    public const int MaxNameLength = 60;

    private static readonly string[] s_grantTypes = [OAuthClient.CodeGrant, OAuthClient.RefreshGrant, OAuthClient.DeviceGrant];
    private static readonly string[] s_authMethods = ["none", "client_secret_basic", "client_secret_post"];

    private ClientRegistration()
    {
    }

    /// <summary>The id of a self-hosted program that brings one; null: it gets one.</summary>
    public string? Id { get; private init; }

    public required string Name { get; init; }

    public string? Website { get; private init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    public required IReadOnlyList<string> GrantTypes { get; init; }

    public required string AuthMethod { get; init; }

    public string? Scope { get; private init; }

    public bool IsPublic => AuthMethod == "none";

    /// <param name="ownHost">Our own host, which is no place to send answers to.</param>
    public static OAuthError? Read(ClientMetadata metadata, string ownHost, out ClientRegistration? registration)
    {
        registration = null;
        var redirectUris = metadata.RedirectUris?.OfType<string>().Distinct().ToList() ?? [];
        var grantTypes = metadata.GrantTypes?.OfType<string>().Distinct().ToList() is { Count: > 0 } said ? said : [OAuthClient.CodeGrant, OAuthClient.RefreshGrant];
        var method = metadata.TokenEndpointAuthMethod ?? (metadata.ClientId is null ? "client_secret_basic" : "none");
        if (CheckRedirects(redirectUris, metadata.RedirectUris, grantTypes, ownHost) is { } badRedirect)
        {
            return new("invalid_redirect_uri", badRedirect);
        }

        var scope = metadata.Scope is null ? null : ScopeSet.Parse(metadata.Scope).And(ScopeSet.Of(Scopes.Grantable)).ToString();
        var wrong = metadata switch
        {
            { ClientId: { } id } when !SelfHosted.IsId(id) => "client_id must be left out, or be that of a self-hosted program: a word, a hyphen and 8 hexadecimal digits.",
            { ClientId: not null } when method != "none" => "A self-hosted program that brings its client_id is a public client: token_endpoint_auth_method must be none.",
            _ when !s_authMethods.Contains(method) => "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post.",
            _ when grantTypes.Except(s_grantTypes).Any() => "grant_types may hold authorization_code, refresh_token and the device grant.",
            { ResponseTypes: { Count: > 0 } types } when types.Any(type => type != "code") => "response_types may hold code only.",
            { ClientName: { } name } when !IsName(name) => "client_name must be 1 to 60 visible characters.",
            { ClientUri: { } website } when !RedirectUri.IsAcceptable(website) => "client_uri must be an https address.",
            _ when scope is { Length: 0 } => "scope names nothing that can be granted; see scopes_supported in the metadata.",
            _ => null,
        };
        if (wrong is not null)
        {
            return new("invalid_client_metadata", wrong);
        }

        registration = new ClientRegistration
        {
            Id = metadata.ClientId,
            Name = metadata.ClientName?.Trim() ?? metadata.ClientId ?? (redirectUris.Count > 0 ? RedirectUri.PlaceOf(redirectUris[0]) : "Unnamed app"),
            Website = metadata.ClientUri,
            RedirectUris = redirectUris,
            GrantTypes = grantTypes,
            AuthMethod = method,
            Scope = scope,
        };
        return null;
    }

    private static string? CheckRedirects(List<string> redirectUris, IReadOnlyList<string?>? given, List<string> grantTypes, string ownHost)
    {
        if (given is not null && (given.Count > MaxRedirectUris || given.Any(uri => uri is null)))
        {
            return "redirect_uris must be 1 to 10 texts.";
        }

        if (redirectUris.Count == 0 && grantTypes.Contains(OAuthClient.CodeGrant))
        {
            return "redirect_uris must name at least one address.";
        }

        return redirectUris.All(RedirectUri.IsAcceptable) && !redirectUris.Any(uri => new Uri(uri).Host.Equals(ownHost, StringComparison.OrdinalIgnoreCase) && !RedirectUri.IsLoopback(uri))
            ? null
            : "Each redirect URI must be https with a lower-case DNS name, or http on localhost, 127.0.0.1 or [::1]; without fragment, user, wildcard or dot segments.";
    }

    /// <summary>It stands on the consent page: nothing invisible, nothing that turns the writing around.</summary>
    private static bool IsName(string name) =>
        name.Trim() is { Length: > 0 and <= MaxNameLength } trimmed
        && trimmed.All(c => char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned));
}
