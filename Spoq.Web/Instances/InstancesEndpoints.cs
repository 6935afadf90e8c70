using Spoq.Web.Instances.Containers;
using Spoq.Web.Instances.Moving;
using Spoq.Web.Instances.Providers.Byo;
using Spoq.Web.Instances.Provisioning;
using Spoq.Web.Instances.Resizing;
using Spoq.Web.Instances.Setup;

namespace Spoq.Web.Instances;

internal static class InstancesEndpoints
{
    public static void MapInstances(this IEndpointRouteBuilder routes)
    {
        routes.MapServerReports();
        routes.MapMoveReports();
        routes.MapOwnServers();
        routes.MapInstancesHub();
        routes.MapSetup();
        routes.MapInstanceResource();
        routes.MapInstancePower();
        routes.MapInstanceSize();
        routes.MapInstanceStatus();
        routes.MapInstanceEvents();
        routes.MapCheckoutConfirmation();
        routes.MapRuntimeToken();
        routes.MapMembers();
        routes.MapConsoleDoor();
        routes.MapContainers();
    }
}
