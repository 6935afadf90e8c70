namespace Spoq.Web.Ops;

internal static class OpsEndpoints
{
    public static void MapOps(this IEndpointRouteBuilder routes)
    {
        routes.MapLocalMail();
    }
}
