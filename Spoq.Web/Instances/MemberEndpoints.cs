using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary>The private access list of an instance; its owner's alone.</summary>
internal static class MemberEndpoints
{
    private const string All = InstanceEndpoints.One + "/members";
    private const string Tag = "Members";

    public static void MapMembers(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("GET", All, ListAsync).RequireAccount().Refuses(404).WithTags(Tag).WithSummary("Who else may use a computer");
        routes.MapApi("POST", All, InviteAsync).RequireAccount().Refuses(404, 409, 422).WithTags(Tag)
            .WithSummary("Let somebody in, or change their role").WithDescription("By e-mail address, whether or not there is an account with it: they are written to, and are in as soon as they log in with that address.");
        routes.MapApi("DELETE", All, RemoveByEmailAsync).RequireAccount().Refuses(404).WithTags(Tag).WithSummary("Take somebody's access away, named by e-mail address");
        routes.MapApi("DELETE", All + "/{memberId:guid}", RemoveAsync).RequireAccount().Refuses(404).WithTags(Tag).WithSummary("Take somebody's access away");
    }

    private static async Task<Results<Ok<Page<MemberAnswer>>, ProblemHttpResult>> ListAsync(
        Guid instanceId, PageQuery page, ClaimsPrincipal user, MemberService members, CancellationToken cancellationToken)
    {
        if (await InstanceEndpoints.OwnAsync(instanceId, user, members, cancellationToken) is { } no)
        {
            return no.ToProblem();
        }

        var rows = await members.ListAsync(user.AccountId(), instanceId, page.After?.Id, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Cut(rows, row => Cursor.Of(row.Id), MemberAnswer.Of));
    }

    private static async Task<Results<Created<MemberAnswer>, ProblemHttpResult>> InviteAsync(
        Guid instanceId, MemberBody body, HttpContext http, MemberService members, CancellationToken cancellationToken)
    {
        if (await InstanceEndpoints.OwnAsync(instanceId, http.User, members, cancellationToken) is { } no)
        {
            return no.ToProblem();
        }

        InstanceRole? role = body.Role switch
        {
            null or "viewer" => InstanceRole.Viewer,
            "operator" => InstanceRole.Operator,
            _ => null,
        };
        return (await members.InviteAsync(http.User.AccountId(), instanceId, body.Email, role, http.Caller(), cancellationToken)).Try(out var member, out var refusal)
            ? TypedResults.Created($"{InstanceEndpoints.Root}/{instanceId}/members/{member.Id}", MemberAnswer.Of(member))
            : refusal.ToProblem();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        Guid instanceId, Guid memberId, HttpContext http, MemberService members, CancellationToken cancellationToken) =>
        (await InstanceEndpoints.OwnAsync(instanceId, http.User, members, cancellationToken)
            ?? await members.RemoveAsync(http.User.AccountId(), instanceId, memberId, http.Caller(), cancellationToken)) is { } refusal
            ? refusal.ToProblem()
            : TypedResults.NoContent();

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveByEmailAsync(
        Guid instanceId, string? email, HttpContext http, MemberService members, CancellationToken cancellationToken) =>
        (await InstanceEndpoints.OwnAsync(instanceId, http.User, members, cancellationToken)
            ?? await members.RemoveAsync(http.User.AccountId(), instanceId, email, http.Caller(), cancellationToken)) is { } refusal
            ? refusal.ToProblem()
            : TypedResults.NoContent();

    /// <param name="Role"><c>viewer</c> (the default) sees state and story; <c>operator</c> also asks, runs commands, starts and stops.</param>
    private sealed record MemberBody(string? Email = null, string? Role = null);

    private sealed record MemberAnswer(Guid Id, string Email, InstanceRole Role, DateTimeOffset CreatedAt)
    {
        public static MemberAnswer Of(InstanceMember member) => new(member.Id, member.Email, member.Role, member.CreatedAt);
    }
}
