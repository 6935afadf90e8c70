using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;

namespace Spoq.Web.Access;

/// <summary>Where everything is and what it can do (RFC 8414, section 2; OpenID Connect Discovery, section 3).</summary>
internal static class MetadataEndpoints
{
    public static JsonHttpResult<ServerMetadata> Read(IOptions<SpoqOptions> options, IEnumerable<ITokenGrant> grants, HttpResponse response)
    {
        response.Headers.CacheControl = "public, max-age=300";
        var issuer = RuntimeTokens.IssuerOf(options.Value);
        var grantTypes = grants.Select(grant => grant.GrantType).Order(StringComparer.Ordinal).ToList();
        return TypedResults.Json(new ServerMetadata(issuer)
        {
            GrantTypesSupported = grantTypes,
            DeviceAuthorizationEndpoint = grantTypes.Contains(OAuthClient.DeviceGrant) ? $"{issuer}/oauth/device_authorization" : null,
        });
    }
}

internal sealed record ServerMetadata(string Issuer)
{
    private static readonly string[] s_authMethods = ["client_secret_basic", "client_secret_post", "none"];

    public string AuthorizationEndpoint => $"{Issuer}/oauth/authorize";

    public string TokenEndpoint => $"{Issuer}/oauth/token";

    public string JwksUri => $"{Issuer}/.well-known/jwks.json";

    public string RegistrationEndpoint => $"{Issuer}/oauth/register";

    public string UserinfoEndpoint => $"{Issuer}/oauth/userinfo";

    public string RevocationEndpoint => $"{Issuer}/oauth/revoke";

    public string IntrospectionEndpoint => $"{Issuer}/oauth/introspect";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceAuthorizationEndpoint { get; init; }

    public IReadOnlyList<string> ScopesSupported { get; } = Scopes.Grantable;

    public IReadOnlyList<string> ResponseTypesSupported { get; } = ["code"];

    public IReadOnlyList<string> ResponseModesSupported { get; } = ["query"];

    public required IReadOnlyList<string> GrantTypesSupported { get; init; }

    public IReadOnlyList<string> CodeChallengeMethodsSupported { get; } = [Pkce.Method];

    public IReadOnlyList<string> TokenEndpointAuthMethodsSupported { get; } = s_authMethods;

    public IReadOnlyList<string> RevocationEndpointAuthMethodsSupported { get; } = s_authMethods;

    public IReadOnlyList<string> IntrospectionEndpointAuthMethodsSupported { get; } = ["client_secret_basic", "client_secret_post"];

    /// <summary>RFC 9207.</summary>
    public bool AuthorizationResponseIssParameterSupported { get; } = true;

    public IReadOnlyList<string> SubjectTypesSupported { get; } = ["public"];

    public IReadOnlyList<string> IdTokenSigningAlgValuesSupported { get; } = ["ES256"];

    public IReadOnlyList<string> ClaimsSupported { get; } = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "email", "email_verified"];

    public IReadOnlyList<string> PromptValuesSupported { get; } = ["none", "login", "consent", "select_account"];

    public bool ClaimsParameterSupported { get; }

    public bool RequestParameterSupported { get; }

    public bool RequestUriParameterSupported { get; }

    public string ServiceDocumentation => $"{Issuer}/docs";

    public string OpPolicyUri => $"{Issuer}/privacy";

    public string OpTosUri => $"{Issuer}/terms";
}
