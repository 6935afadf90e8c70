using Spoq.Web.Instances.Setup;

namespace Spoq.Web.Instances;

internal static class InstancesEndpoints
{
    public static void MapInstances(this IEndpointRouteBuilder routes)
    {
        routes.MapSetup();
        routes.MapConsoleDoor();
    }
}
