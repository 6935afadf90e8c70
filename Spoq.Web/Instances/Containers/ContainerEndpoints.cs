using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Infrastructure.Instances.Providers.Container.Gateway;
using Spoq.Web.Access;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances.Containers;

/// <summary>For whoever runs this installation and for its gateway; there only where containers are.</summary>
internal static class ContainerEndpoints
{
    public static void MapContainers(this IEndpointRouteBuilder routes)
    {
        var options = routes.ServiceProvider.GetRequiredService<IOptions<ContainerOptions>>().Value;
        if (!options.IsOn)
        {
            return;
        }

        var group = routes.MapGroup("/internal/containers").RequireOperatorKey();
        group.MapPost("/create", CreateAsync).WithSummary("Make an instance's container again from its data, and start it").Refuses(404, 409, 503);
        group.MapGet("/{instanceId:guid}/status", StatusAsync).WithSummary("How a container fares").Refuses(404, 503);
        group.MapPost("/{instanceId:guid}/add-user", AddUserAsync).WithSummary("One more user inside").Refuses(404, 409, 422, 503);
        group.MapPost("/{instanceId:guid}/add-key", AddKeyAsync).WithSummary("One more device of its owner").Refuses(404, 409, 422);
        group.MapDelete("/{instanceId:guid}", RemoveAsync).WithSummary("Remove what is left of an instance that is gone").Refuses(404, 409, 503);
        if (options.GatewayDirectory is not null)
        {
            routes.MapGet("/internal/containers/authorized-keys", KeysAsync).RequireOperatorKey(options.GatewayKey)
                .WithSummary("The gateway's sshd asks where a key may go").Produces<string>(StatusCodes.Status200OK, "text/plain");
        }
    }

    private static async Task<Results<Ok<ContainerStatus>, ProblemHttpResult>> CreateAsync(CreateBody body, ContainerService containers, CancellationToken cancellationToken) =>
        Answer(await containers.CreateAsync(body.InstanceId, cancellationToken));

    private static async Task<Results<Ok<ContainerStatus>, ProblemHttpResult>> StatusAsync(Guid instanceId, ContainerService containers, CancellationToken cancellationToken) =>
        Answer(await containers.StatusAsync(instanceId, cancellationToken));

    private static async Task<Results<Ok<UserBody>, ProblemHttpResult>> AddUserAsync(Guid instanceId, UserBody body, ContainerService containers, CancellationToken cancellationToken) =>
        (await containers.AddUserAsync(instanceId, body.Username, cancellationToken)).Try(out var name, out var refusal) ? TypedResults.Ok(new UserBody(name)) : refusal.ToProblem();

    private static async Task<Results<Ok<DeviceView>, ProblemHttpResult>> AddKeyAsync(Guid instanceId, KeyBody body, ContainerService containers, CancellationToken cancellationToken) =>
        Answer(await containers.AddKeyAsync(instanceId, body.Username, body.PublicKey, body.Name, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(Guid instanceId, ContainerService containers, CancellationToken cancellationToken) =>
        await containers.RemoveAsync(instanceId, cancellationToken) is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();

    private static async Task<ContentHttpResult> KeysAsync(string? name, string? fingerprint, HttpResponse response, GatewayKeys keys, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        return TypedResults.Text(await keys.LinesAsync(name ?? "", fingerprint ?? "", cancellationToken), "text/plain");
    }

    private static Results<Ok<T>, ProblemHttpResult> Answer<T>(Core.Result<T> result)
        where T : notnull => result.Try(out var value, out var refusal) ? TypedResults.Ok(value) : refusal.ToProblem();

    private sealed record CreateBody(Guid InstanceId);

    private sealed record UserBody(string? Username = null);

    /// <param name="Username">Of the profile it is for; null: the instance's first.</param>
    private sealed record KeyBody(string? Username = null, string? PublicKey = null, string? Name = null);
}
