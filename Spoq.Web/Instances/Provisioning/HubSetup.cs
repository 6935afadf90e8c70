using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Spoq.Core.Access;
using Spoq.Web.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Instances.Provisioning;

internal static class HubSetup
{
    private const int MaxMessageBytes = 4 * 1024;

    public static void AddInstancesHub(this IServiceCollection services) => services
        .AddSingleton<StreamTimes>()
        .AddSingleton<InstanceEventStream>()
        .AddSignalR()
        .AddHubOptions<InstancesHub>(options =>
        {
            options.MaximumReceiveMessageSize = MaxMessageBytes;
            options.AddFilter<HubSignIn>();
        })
        .AddJsonProtocol(options => options.PayloadSerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);

    public static void MapInstancesHub(this IEndpointRouteBuilder routes) => routes
        .MapHub<InstancesHub>("/hubs/instances", options => options.CloseOnAuthenticationExpiration = true).RequireScope(Scopes.Instance);
}
