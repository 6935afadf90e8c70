using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary>What an operator does with a computer that is there. Asked for now, done by the engine; the status tells how far it is.</summary>
internal static class InstancePowerEndpoints
{
    private const string Tag = "Instances";

    private delegate Task<Refusal?> Ask(InstanceService instances, Guid ownerId, Guid instanceId, CancellationToken cancellationToken);

    public static void MapInstancePower(this IEndpointRouteBuilder routes)
    {
        Map(routes, "start", "Start a stopped computer", (instances, owner, id, stop) => instances.StartAsync(owner, id, stop));
        Map(routes, "stop", "Stop a computer; its data is kept", (instances, owner, id, stop) => instances.StopAsync(owner, id, stop));
        Map(routes, "restart", "Restart a computer", (instances, owner, id, stop) => instances.RestartAsync(owner, id, stop));
        Map(routes, "retry", "Try again at the step that failed", (instances, owner, id, stop) => instances.RetryAsync(owner, id, stop));
    }

    private static void Map(IEndpointRouteBuilder routes, string verb, string summary, Ask ask) => routes
        .MapApi("POST", $"{InstanceEndpoints.One}/{verb}", (Guid instanceId, ClaimsPrincipal user, MemberService members, InstanceService instances, CancellationToken stop) =>
            AskAsync(instanceId, user, members, instances, ask, stop))
        .RequireScope(Scopes.Instance).Refuses(404, 409).WithTags(Tag).WithSummary(summary);

    private static async Task<Results<Accepted<InstanceAnswer>, ProblemHttpResult>> AskAsync(
        Guid instanceId, ClaimsPrincipal user, MemberService members, InstanceService instances, Ask ask, CancellationToken cancellationToken)
    {
        var access = await members.FindAsync(user.AccountId(), instanceId, cancellationToken);
        var refusal = access switch
        {
            null => InstanceRefusals.NotFound,
            { Role: < InstanceRole.Operator } => InstanceRefusals.NotAllowed,
            _ => await ask(instances, access.Instance.AccountId, instanceId, cancellationToken),
        };
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var after = await members.FindAsync(user.AccountId(), instanceId, cancellationToken);
        return TypedResults.Accepted($"{InstanceEndpoints.Root}/{instanceId}/status", InstanceAnswer.Of(after!));
    }
}
