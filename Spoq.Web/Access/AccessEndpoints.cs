namespace Spoq.Web.Access;

internal static class AccessEndpoints
{
    public static void MapAccess(this IEndpointRouteBuilder routes)
    {
        routes.MapOAuth();
        routes.MapDeviceFlow();
        routes.MapApiKeys();
        routes.MapConnectedApps();
    }
}
