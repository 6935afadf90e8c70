namespace Spoq.Core.Access;

/// <summary>A program that may ask for access.</summary>
public sealed class OAuthClient(string id, string name, DateTimeOffset createdAt)
{
    public const string CodeGrant = "authorization_code";
    public const string RefreshGrant = "refresh_token";
    public const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    /// <summary>Words of OpenID Connect that add nothing here: nobody has it, or it comes always.</summary>
    private static readonly string[] s_ignored = ["address", "offline_access"];

    /// <summary>The <c>client_id</c>.</summary>
    public string Id { get; private set; } = id;

    public string Name { get; private set; } = name;

    public string[] RedirectUris { get; private set; } = [];

    public string[] GrantTypes { get; private set; } = [CodeGrant, RefreshGrant];

    /// <summary>The most it may ask for; null: whatever can be granted.</summary>
    public string? Scope { get; private set; }

    /// <summary>Its own page about itself.</summary>
    public string? Website { get; private set; }

    /// <summary>SHA-256; null: a public client, which proves itself by PKCE alone.</summary>
    public byte[]? SecretHash { get; private set; }

    /// <summary>As it registered: <c>none</c>, <c>client_secret_basic</c> or <c>client_secret_post</c>.</summary>
    public string AuthMethod { get; private set; } = "none";

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? LastUsedAt { get; private set; }

    public bool IsPublic => SecretHash is null;

    public bool IsFirstParty => FirstPartyClients.Is(Id);

    /// <summary>Nobody vouches for it but its id.</summary>
    public bool IsSelfHosted => SelfHosted.IsId(Id);

    public static OAuthClient From(ClientRegistration registration, string id, byte[]? secretHash, DateTimeOffset now) => new(id, registration.Name, now)
    {
        RedirectUris = [.. registration.RedirectUris],
        GrantTypes = [.. registration.GrantTypes],
        Scope = registration.Scope,
        Website = registration.Website,
        SecretHash = secretHash,
        AuthMethod = registration.AuthMethod,
    };

    /// <summary>Ours, and self-hosted programs by their id: they stand in no table.</summary>
    public static OAuthClient? BuiltIn(string clientId) => clientId switch
    {
        FirstPartyClients.Cli => new OAuthClient(clientId, "Spoq command line", default) { GrantTypes = [DeviceGrant, RefreshGrant], Scope = Scopes.Account },
        FirstPartyClients.Api => new OAuthClient(clientId, "Spoq API", default) { GrantTypes = [RefreshGrant], Scope = Scopes.Account },
        _ when SelfHosted.IsId(clientId) => new OAuthClient(clientId, clientId, default) { GrantTypes = [CodeGrant, RefreshGrant, DeviceGrant] },
        _ => null,
    };

    public bool MayUse(string grantType) => GrantTypes.Contains(grantType);

    public bool MayReturnTo(string redirectUri) =>
        RedirectUris.Any(registered => RedirectUri.Matches(registered, redirectUri)) || (IsSelfHosted && RedirectUri.IsSelfHosted(redirectUri));

    /// <summary>What a request for these scopes may get at most; null: it asks for something that is not there or not for this client.</summary>
    public ScopeSet? Grantable(string? requested)
    {
        var allowed = Scope is null ? ScopeSet.Of(Scopes.Grantable) : ScopeSet.Parse(Scope);
        // OpenID Connect has the e-mail address in a scope of its own; here it is part of the profile.
        var asked = ScopeSet.Of(ScopeSet.Parse(requested).InOrder().Except(s_ignored).Select(scope => scope == "email" ? Scopes.Profile : scope));
        if (asked.Count == 0)
        {
            asked = IsFirstParty ? allowed : ScopeSet.Parse("openid profile").And(allowed) is { Count: > 0 } usual ? usual : allowed;
        }

        return asked.IsWithin(allowed) ? asked : null;
    }
}
