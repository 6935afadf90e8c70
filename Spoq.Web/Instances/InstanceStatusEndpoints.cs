using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Devices;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary>How far a computer is, and the account's state on one page.</summary>
internal static class InstanceStatusEndpoints
{
    private const string Tag = "Instances";

    public static void MapInstanceStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("GET", InstanceEndpoints.One + "/status", StatusAsync).RequireScope(Scopes.Instance).Refuses(404).WithTags(Tag)
            .WithSummary("How far a computer is").WithDescription("The steps of the work in hand with what is being waited for, what failed and what happens next.");
        routes.MapApi("GET", "/api/vps/status", OnlyStatusAsync).RequireScope(Scopes.Instance).Refuses(404).WithTags(Tag)
            .WithSummary("How far your one computer is").WithDescription("The newest of your own that is not gone.");
        routes.MapApi("GET", "/api/status", OverviewAsync).RequireAccount().WithTags("Account")
            .WithSummary("Your computer, profiles and devices on one page");
    }

    private static async Task<Results<Ok<InstanceStatusAnswer>, ProblemHttpResult>> StatusAsync(
        Guid instanceId, ClaimsPrincipal user, MemberService members, InstanceService instances, CancellationToken cancellationToken)
    {
        if (await members.FindAsync(user.AccountId(), instanceId, cancellationToken) is not { Instance: var instance })
        {
            return InstanceRefusals.NotFound.ToProblem();
        }

        return TypedResults.Ok(InstanceStatusAnswer.Of(instance, await instances.StoryAsync(instanceId, 0, int.MaxValue, cancellationToken)));
    }

    private static async Task<Results<Ok<InstanceStatusAnswer>, ProblemHttpResult>> OnlyStatusAsync(ClaimsPrincipal user, InstanceService instances, CancellationToken cancellationToken)
    {
        if (await FindOnlyAsync(user.AccountId(), instances, cancellationToken) is not { } instance)
        {
            return InstanceRefusals.NotFound.ToProblem();
        }

        return TypedResults.Ok(InstanceStatusAnswer.Of(instance, await instances.StoryAsync(instance.Id, 0, int.MaxValue, cancellationToken)));
    }

    private static async Task<Ok<OverviewAnswer>> OverviewAsync(ClaimsPrincipal user, InstanceService instances, ProfileService profiles, CancellationToken cancellationToken)
    {
        var instance = await FindOnlyAsync(user.AccountId(), instances, cancellationToken);
        var mine = await profiles.ListAsync(user.AccountId(), cancellationToken);
        return TypedResults.Ok(new OverviewAnswer(
            instance?.State.Text() ?? "none",
            [.. mine.Select(profile => new ProfileAnswer(profile.Id, profile.Username, profile.HasPassword, profile.Devices.Count))],
            [.. mine.SelectMany(profile => profile.Devices.Select(device => DeviceAnswer.Of(profile, device)))],
            instance is null ? null : InstanceAnswer.Of(instance, InstanceRole.Owner)));
    }

    private static async Task<Instance?> FindOnlyAsync(Guid accountId, InstanceService instances, CancellationToken cancellationToken) =>
        (await instances.ListAsync(accountId, cancellationToken)).LastOrDefault(instance => !instance.IsFinal);

    /// <param name="ContainerStatus">State of the computer; <c>none</c>: there is none.</param>
    private sealed record OverviewAnswer(string ContainerStatus, IReadOnlyList<ProfileAnswer> Profiles, IReadOnlyList<DeviceAnswer> Devices, InstanceAnswer? Instance);

    private sealed record ProfileAnswer(Guid Id, string Username, bool HasPassword, int DeviceCount);
}
