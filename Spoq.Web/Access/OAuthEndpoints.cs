using Spoq.Core.Access;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Access;

/// <summary>The OAuth 2.1 and OpenID Connect server's endpoints for programs.</summary>
internal static class OAuthEndpoints
{
    private const string AnyOrigin = "oauth";
    private const string Tag = "OAuth";
    private const string Form = "application/x-www-form-urlencoded";

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
        var open = routes.MapGroup("").AllowAnonymous().RequireCors(AnyOrigin).WithMetadata(OAuthForm.Errors).WithTags(Tag);
        open.MapGet("/.well-known/oauth-authorization-server", MetadataEndpoints.Read).WithSummary("Where everything is and what it can do (RFC 8414)").Produces<ServerMetadata>();
        open.MapGet("/.well-known/openid-configuration", MetadataEndpoints.Read).WithSummary("The same for OpenID Connect").Produces<ServerMetadata>();
        open.MapGet("/.well-known/jwks.json", JwksEndpoints.ReadAsync).WithSummary("The keys that verify our tokens (RFC 7517)").Produces<Jwks>(StatusCodes.Status200OK, "application/jwk-set+json");
        open.MapPost("/oauth/token", TokenEndpoint.IssueAsync).WithSummary("A code, a refresh token or a device code for tokens (RFC 6749)").Takes<TokenForm>(Form).Produces<TokenAnswer>();
        open.MapPost("/oauth/device_authorization", DeviceAuthorizationEndpoint.StartAsync).WithSummary("Ask to be let in from a machine without a browser (RFC 8628)").Takes<DeviceForm>(Form).Produces<DeviceStartAnswer>();
        open.MapPost("/oauth/revoke", TokenDeskEndpoints.RevokeAsync).WithSummary("Give a token back (RFC 7009)").Takes<TokenHintForm>(Form).Produces(StatusCodes.Status200OK);
        open.MapPost("/oauth/introspect", TokenDeskEndpoints.IntrospectAsync).WithSummary("Ask what a token of yours is worth (RFC 7662)").Takes<TokenHintForm>(Form).Produces<Introspection>();
        open.MapPost("/oauth/register", RegistrationEndpoint.RegisterAsync).Limit("register", _ => s_registrations).WithSummary("Make a program known (RFC 7591)").Produces<RegistrationAnswer>(StatusCodes.Status201Created);
        routes.MapMethods("/oauth/userinfo", ["GET", "POST"], TokenDeskEndpoints.UserInfoAsync).RequireScope(Scopes.OpenId).RequireCors(AnyOrigin)
            .WithTags(Tag).WithSummary("Who the token speaks for (OpenID Connect)").Produces<UserInfo>().Refuses(404);
    }
}
