namespace Spoq.Web.Instances;

internal static class InstancesEndpoints
{
    public static void MapInstances(this IEndpointRouteBuilder routes)
    {
    }
}
