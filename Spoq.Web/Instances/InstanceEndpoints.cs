using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary><c>/api/cloud/instances</c>: order, look, change, give up.</summary>
internal static class InstanceEndpoints
{
    public const string Root = "/api/cloud/instances";
    public const string One = Root + "/{instanceId:guid}";

    private const string Tag = "Instances";

    public static void MapInstanceResource(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("POST", Root, OrderAsync).RequireAccount().Idempotent().Refuses(409, 422, 503).WithTags(Tag)
            .WithSummary("Order a computer").WithDescription("Makes a draft and opens a checkout for it. Nothing is built before it is paid. Asked again before payment, it changes the same draft.");
        routes.MapApi("GET", Root, ListAsync).RequireScope(Scopes.Instance).WithTags(Tag)
            .WithSummary("List computers").WithDescription("Your own and those you were let into, oldest first.");
        routes.MapApi("GET", One, GetAsync).RequireScope(Scopes.Instance).Refuses(404).WithTags(Tag).WithSummary("Get a computer");
        routes.MapApi("PATCH", One, ChangeAsync).RequireAccount().Refuses(404, 409, 422, 503).WithTags(Tag)
            .WithSummary("Change an unpaid order").WithDescription("Members left out stay as they are. A computer that is paid for is changed by resize, devices and members instead.");
        routes.MapApi("DELETE", One, DeleteAsync).RequireAccount().Refuses(404, 409).WithTags(Tag)
            .WithSummary("Give a computer up").WithDescription("An unpaid order ends at once (204). One that is paid and not delivered yet is cancelled and refunded (202). One that was delivered is refused: it ends with its subscription.");
        routes.MapApi("POST", "/api/vps/provision", OrderAsync).RequireAccount().Idempotent().Refuses(409, 422, 503).WithTags(Tag)
            .WithSummary("Order your one computer").WithDescription($"The short way to `POST {Root}`.");
    }

    private static async Task<Results<Created<OrderAnswer>, ProblemHttpResult>> OrderAsync(
        OrderBody body, ClaimsPrincipal user, SetupOrders orders, CancellationToken cancellationToken)
    {
        if (!body.Read().Try(out var wish, out var refusal) || !(await orders.PlaceAsync(user.AccountId(), wish, cancellationToken)).Try(out var placed, out refusal))
        {
            return refusal.ToProblem();
        }

        return TypedResults.Created($"{Root}/{placed.Instance.Id}", OrderAnswer.Of(placed));
    }

    private static async Task<Ok<Page<InstanceAnswer>>> ListAsync(PageQuery page, ClaimsPrincipal user, MemberService members, CancellationToken cancellationToken)
    {
        var rows = await members.PageAsync(user.AccountId(), page.After?.Id, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Cut(rows, row => Cursor.Of(row.Instance.Id), InstanceAnswer.Of));
    }

    private static async Task<Results<Ok<InstanceAnswer>, ProblemHttpResult>> GetAsync(
        Guid instanceId, ClaimsPrincipal user, MemberService members, CancellationToken cancellationToken) =>
        await members.FindAsync(user.AccountId(), instanceId, cancellationToken) is { } access
            ? TypedResults.Ok(InstanceAnswer.Of(access))
            : InstanceRefusals.NotFound.ToProblem();

    private static async Task<Results<Ok<InstanceAnswer>, ProblemHttpResult>> ChangeAsync(
        Guid instanceId, OrderBody body, ClaimsPrincipal user, MemberService members, SetupOrders orders, CancellationToken cancellationToken)
    {
        if (await OwnAsync(instanceId, user, members, cancellationToken) is { } no)
        {
            return no.ToProblem();
        }

        return body.Read().Try(out var wish, out var refusal) && (await orders.ChangeAsync(user.AccountId(), instanceId, wish, cancellationToken)).Try(out var instance, out refusal)
            ? TypedResults.Ok(InstanceAnswer.Of(instance, InstanceRole.Owner))
            : refusal.ToProblem();
    }

    private static async Task<Results<NoContent, Accepted<InstanceAnswer>, ProblemHttpResult>> DeleteAsync(
        Guid instanceId, ClaimsPrincipal user, MemberService members, SetupOrders orders, InstanceService instances, CancellationToken cancellationToken)
    {
        if (await OwnAsync(instanceId, user, members, cancellationToken) is { } no)
        {
            return no.ToProblem();
        }

        if (await orders.AbandonAsync(user.AccountId(), instanceId, cancellationToken) is not { } begun)
        {
            return TypedResults.NoContent();
        }

        if (begun != InstanceRefusals.AlreadyBegun || (begun = await instances.CancelAndRefundAsync(user.AccountId(), instanceId, cancellationToken)) is not null)
        {
            return begun.ToProblem();
        }

        var access = await members.FindAsync(user.AccountId(), instanceId, cancellationToken);
        return TypedResults.Accepted($"{Root}/{instanceId}/status", InstanceAnswer.Of(access!));
    }

    /// <summary>Null: it is theirs. A member is told; to everybody else there is none.</summary>
    internal static async Task<Refusal?> OwnAsync(Guid instanceId, ClaimsPrincipal user, MemberService members, CancellationToken cancellationToken) =>
        (await members.FindAsync(user.AccountId(), instanceId, cancellationToken))?.Role switch
        {
            null => InstanceRefusals.NotFound,
            InstanceRole.Owner => null,
            _ => InstanceRefusals.OwnerOnly,
        };
}
