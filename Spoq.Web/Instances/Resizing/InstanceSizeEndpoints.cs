using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances.Resizing;

/// <summary>Which sizes there are for a computer, and the order for one. It costs money, so it is its owner's alone.</summary>
internal static class InstanceSizeEndpoints
{
    private const string Tag = "Instances";

    public static void MapInstanceSize(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("GET", InstanceEndpoints.One + "/resize", ReadAsync).RequireAccount().Refuses(404).WithTags(Tag)
            .WithSummary("Sizes a computer can change to").WithDescription("Each with its price and what the change adds to the next payment if it is made now (below zero: takes off). `refusal` says why a size cannot be had.");
        routes.MapApi("POST", InstanceEndpoints.One + "/resize", ResizeAsync).RequireAccount().Idempotent().Refuses(404, 409, 422, 503).WithTags(Tag)
            .WithSummary("Change the size of a computer")
            .WithDescription("With the way `resize` the computer goes off for a few minutes and comes back with its data. With the way `move` a second computer is made, copies its files while it is in use, and takes its place. Its price changes once the new size has been seen running; should that fail, it goes back to the old size at the old price, and the events say why.");
    }

    private static async Task<Results<Ok<SizesAnswer>, ProblemHttpResult>> ReadAsync(
        Guid instanceId, ClaimsPrincipal user, MemberService members, SizeService sizes, CancellationToken cancellationToken)
    {
        if (await InstanceEndpoints.OwnAsync(instanceId, user, members, cancellationToken) is { } no)
        {
            return no.ToProblem();
        }

        return (await sizes.ReadAsync(user.AccountId(), instanceId, cancellationToken)).Try(out var offers, out var refusal)
            ? TypedResults.Ok(SizesAnswer.Of(offers))
            : refusal.ToProblem();
    }

    private static async Task<Results<Accepted<InstanceAnswer>, ProblemHttpResult>> ResizeAsync(
        Guid instanceId, ResizeBody body, ClaimsPrincipal user, MemberService members, SizeService sizes, CancellationToken cancellationToken)
    {
        var refusal = await InstanceEndpoints.OwnAsync(instanceId, user, members, cancellationToken)
            ?? await sizes.ResizeAsync(user.AccountId(), instanceId, body.Plan, cancellationToken);
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var after = await members.FindAsync(user.AccountId(), instanceId, cancellationToken);
        return TypedResults.Accepted($"{InstanceEndpoints.Root}/{instanceId}/status", InstanceAnswer.Of(after!));
    }

    /// <param name="Plan">A key of <c>GET /api/plans</c>.</param>
    private sealed record ResizeBody(string? Plan = null);
}

/// <param name="Plan">The one it has.</param>
/// <param name="NextPlan">The one it is being given; null: none.</param>
/// <param name="Way"><c>resize</c>, or <c>move</c> where another size is another server.</param>
/// <param name="Refusal">Why no size can be changed to at the moment; null: see each.</param>
internal sealed record SizesAnswer(string Plan, string? NextPlan, string Way, BillingInterval Interval, DateTimeOffset PaidUntil, RefusalAnswer? Refusal, IReadOnlyList<SizeAnswer> Sizes)
{
    public static SizesAnswer Of(SizeOffers offers) => new(
        offers.Current.Key, offers.Instance.NextPlan, offers.IsMove ? "move" : "resize", offers.Interval, offers.PaidUntil, RefusalAnswer.Of(offers.Refusal),
        [.. offers.Sizes.Select(size => new SizeAnswer(
            size.Plan.Key, size.Plan.Name, size.Plan.Size.Cpus, size.Plan.Size.MemoryGb, size.Plan.Size.DiskGb, size.Price.MinorUnits, size.Difference.MinorUnits, size.Price.Currency,
            RefusalAnswer.Of(size.Refusal)))]);
}

/// <param name="Amount">Of one period, in the smallest units of <paramref name="Currency"/>.</param>
/// <param name="Difference">Added to the next payment for what is left of this period; below zero: taken off.</param>
internal sealed record SizeAnswer(string Plan, string Name, int Cpus, int MemoryGb, int DiskGb, long Amount, long Difference, string Currency, RefusalAnswer? Refusal);

internal sealed record RefusalAnswer(string Code, string Detail)
{
    public static RefusalAnswer? Of(Refusal? refusal) => refusal is null ? null : new RefusalAnswer(refusal.Code, refusal.Message);
}
