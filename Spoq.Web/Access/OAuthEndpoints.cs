using Spoq.Core.Access;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Shell;

namespace Spoq.Web.Access;

/// <summary>The OAuth 2.1 and OpenID Connect server's endpoints for programs.</summary>
internal static class OAuthEndpoints
{
    private const string AnyOrigin = "oauth";

    private static readonly RateRule s_registrations = RateRule.PerHour(60);

    public static IServiceCollection AddOAuth(this IServiceCollection services)
    {
        services.AddSingleton<ITokenGrant, CodeGrant>();
        services.AddSingleton<ITokenGrant, RefreshGrant>();
        services.AddSingleton<ITokenGrant, DeviceTokenGrant>();
        services.AddSingleton<ClientDoor>();
        services.AddScoped<AuthorizationFlow>();

        // Programs that live in a browser page: any page may ask, and none is sent our cookies.
        services.AddCors(cors => cors.AddPolicy(AnyOrigin, policy => policy.AllowAnyOrigin().AllowAnyHeader().WithMethods("GET", "POST").WithExposedHeaders("WWW-Authenticate", "Retry-After")));
        return services;
    }

    public static void MapOAuth(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().RequireCors(AnyOrigin).WithMetadata(OAuthForm.Errors);
        open.MapGet("/.well-known/oauth-authorization-server", MetadataEndpoints.Read);
        open.MapGet("/.well-known/openid-configuration", MetadataEndpoints.Read);
        open.MapGet("/.well-known/jwks.json", JwksEndpoints.ReadAsync);
        open.MapPost("/oauth/token", TokenEndpoint.IssueAsync);
        open.MapPost("/oauth/device_authorization", DeviceAuthorizationEndpoint.StartAsync);
        open.MapPost("/oauth/revoke", TokenDeskEndpoints.RevokeAsync);
        open.MapPost("/oauth/introspect", TokenDeskEndpoints.IntrospectAsync);
        open.MapPost("/oauth/register", RegistrationEndpoint.RegisterAsync).Limit("register", s_registrations);
        routes.MapMethods("/oauth/userinfo", ["GET", "POST"], TokenDeskEndpoints.UserInfoAsync).RequireScope(Scopes.OpenId).RequireCors(AnyOrigin);
    }
}
