namespace Spoq.Web.Access;

internal static class AccessEndpoints
{
    public static void MapAccess(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/.well-known/jwks.json", JwksEndpoints.ReadAsync).AllowAnonymous();
        routes.MapDeviceFlow();
        routes.MapApiKeys();
    }
}
