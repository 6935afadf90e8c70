namespace Spoq.Web.Devices;

internal static class DevicesEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
    }
}
