using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary>A short-lived token that one Conductor lets in; it opens nothing here.</summary>
internal static class RuntimeTokenEndpoints
{
    public static void MapRuntimeToken(this IEndpointRouteBuilder routes) => routes
        .MapApi("POST", InstanceEndpoints.One + "/runtime-token", IssueAsync).RequireScope(Scopes.Instance).Refuses(404, 409).WithTags("Instances")
        .WithSummary("A token for the computer itself").WithDescription("Good for 5 minutes at this computer's Conductor and nowhere else. It carries your role there.");

    private static async Task<Results<Ok<RuntimeTokenAnswer>, ProblemHttpResult>> IssueAsync(
        Guid instanceId, ClaimsPrincipal user, MemberService members, RuntimeTokens tokens, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await members.FindAsync(user.AccountId(), instanceId, cancellationToken) is not { Instance: var instance, Role: var role })
        {
            return InstanceRefusals.NotFound.ToProblem();
        }

        if (instance.Endpoint is not { } endpoint || !(instance.IsOpen || instance.State is InstanceState.Restarting or InstanceState.Starting))
        {
            return InstanceRefusals.NotReady.ToProblem();
        }

        var token = await tokens.IssueAsync(user.AccountId(), instanceId, instance.Hostname, role.Text(), user.GrantId() ?? user.SessionId(), cancellationToken);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new RuntimeTokenAnswer(token, "Bearer", (int)RuntimeTokens.Life.TotalSeconds, instance.Hostname, endpoint, role));
    }

    /// <param name="Audience">The hostname the token is for; send it as <c>Host</c>.</param>
    /// <param name="Endpoint">Where the Conductor is reached.</param>
    private sealed record RuntimeTokenAnswer(string Token, string TokenType, int ExpiresIn, string Audience, string Endpoint, InstanceRole Role);
}
