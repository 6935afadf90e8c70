using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Instances;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Billing;

/// <summary><c>/v1/billing</c>: subscribe, look, pay. What cannot be served yet says so and changes nothing.</summary>
internal static class SubscriptionEndpoints
{
    private const string Tag = "Billing";

    public static void MapSubscriptions(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("POST", "/v1/billing/subscribe", SubscribeAsync).RequireAccount().Idempotent().Refuses(404, 409, 422, 503).WithTags(Tag)
            .WithSummary("Subscribe to a plan").WithDescription("Opens a checkout for the order that was begun (its address must be chosen); with `instance_id`, for that unpaid order.");
        routes.MapApi("GET", "/v1/billing/subscription", GetAsync).RequireAccount().WithTags(Tag).WithSummary("What you are subscribed to");
        routes.MapApi("GET", "/v1/billing/invoices", InvoicesAsync).RequireAccount().WithTags(Tag).WithSummary("Payments that arrived").WithDescription("Newest first, refunded ones included.");
        Later(routes, "POST", "portal", "Open the payment portal", BillingRefusals.PortalUnavailable);
        routes.MapApi("POST", "/v1/billing/cancel", CancelAsync).RequireAccount().Refuses(404, 409, 422).WithTags(Tag).WithSummary("Cancel the subscription")
            .WithDescription("`when` is `now` (the default: 7 days of grace begin) or `period_end`. The answer names every date: the computer runs until `pauses_at`, its data is kept until `terminates_at`. Nothing more is charged.");
        routes.MapApi("POST", "/v1/billing/resume", ResumeAsync).RequireAccount().Idempotent().Refuses(404, 409, 503).WithTags(Tag).WithSummary("Resume the subscription")
            .WithDescription("At any time before termination. Where the paid time is used up another period is collected first; a payment that comes too late goes back.");
        Later(routes, "POST", "change", "Change the plan", BillingRefusals.ChangeUnavailable);
        Later(routes, "GET", "usage", "Usage of this month", BillingRefusals.UsageUnavailable);
    }

    private static void Later(IEndpointRouteBuilder routes, string method, string path, string summary, Refusal refusal) => routes
        .MapApi(method, "/v1/billing/" + path, () => refusal.ToProblem()).RequireAccount().AlwaysRefuses(503).WithTags(Tag)
        .WithSummary(summary).WithDescription($"Not offered yet: always answers 503 `{refusal.Code}`.");

    private static async Task<Results<Ok<CheckoutOpened>, ProblemHttpResult>> SubscribeAsync(
        SubscribeBody body, ClaimsPrincipal user, SetupOrders orders, MemberService members, CancellationToken cancellationToken)
    {
        if (!Intervals.Read(body.Interval).Try(out var interval, out var refusal))
        {
            return refusal.ToProblem();
        }

        if (body.InstanceId is { } instanceId && await WhyNotAsync(user, instanceId, members, cancellationToken) is { } no)
        {
            return no.ToProblem();
        }

        var wish = new InstanceWish(Plan: body.Plan, Interval: interval.Value);
        return (await orders.PlaceAsync(user.AccountId(), wish, cancellationToken)).Try(out var placed, out refusal)
            ? TypedResults.Ok(new CheckoutOpened(placed.Checkout.Url, placed.Checkout.IntentId, placed.Instance.Id))
            : refusal.ToProblem();
    }

    private static async Task<Refusal?> WhyNotAsync(ClaimsPrincipal user, Guid instanceId, MemberService members, CancellationToken cancellationToken) =>
        await members.FindAsync(user.AccountId(), instanceId, cancellationToken) switch
        {
            null => InstanceRefusals.NotFound,
            { Role: not InstanceRole.Owner } => InstanceRefusals.OwnerOnly,
            { Instance.State: not InstanceState.Draft } => InstanceRefusals.AlreadyBegun,
            _ => null,
        };

    private static async Task<Ok<SubscriptionAnswer>> GetAsync(ClaimsPrincipal user, SubscriptionService subscriptions, CancellationToken cancellationToken) =>
        TypedResults.Ok(SubscriptionAnswer.Of(await subscriptions.FindAsync(user.AccountId(), null, cancellationToken)));

    private static async Task<Results<Ok<SubscriptionAnswer>, ProblemHttpResult>> CancelAsync(
        CancelBody? body, ClaimsPrincipal user, HttpContext http, SubscriptionLadder ladder, CancellationToken cancellationToken)
    {
        if (body?.When is not (null or "now" or "period_end"))
        {
            return BillingRefusals.UnknownWhen.ToProblem();
        }

        var cancelled = await ladder.CancelAsync(user.AccountId(), body?.InstanceId, body?.When == "period_end", http.Caller(), cancellationToken);
        return cancelled.Try(out var subscription, out var refusal) ? TypedResults.Ok(SubscriptionAnswer.Of(subscription)) : refusal.ToProblem();
    }

    private static async Task<Results<Ok<SubscriptionAnswer>, ProblemHttpResult>> ResumeAsync(
        ResumeBody? body, ClaimsPrincipal user, HttpContext http, SubscriptionResume resume, SubscriptionService subscriptions, CancellationToken cancellationToken) =>
        await resume.ResumeAsync(user.AccountId(), body?.InstanceId, http.Caller(), cancellationToken) is { } refusal
            ? refusal.ToProblem()
            : TypedResults.Ok(SubscriptionAnswer.Of(await subscriptions.FindAsync(user.AccountId(), body?.InstanceId, cancellationToken)));

    private static async Task<Ok<Page<InvoiceAnswer>>> InvoicesAsync(PageQuery page, ClaimsPrincipal user, SubscriptionService subscriptions, CancellationToken cancellationToken)
    {
        var rows = await subscriptions.PaymentsAsync(user.AccountId(), page.After?.Id, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Cut(rows, row => Cursor.Of(row.Id), InvoiceAnswer.Of));
    }

    /// <param name="Plan">A key of <c>GET /api/plans</c>.</param>
    /// <param name="Interval"><c>month</c> or <c>year</c>.</param>
    /// <param name="InstanceId">An unpaid order of yours.</param>
    private sealed record SubscribeBody(string? Plan = null, string? Interval = null, Guid? InstanceId = null);

    /// <param name="When"><c>now</c> or <c>period_end</c>.</param>
    /// <param name="InstanceId">Of which computer; not needed where there is one.</param>
    private sealed record CancelBody(string? When = null, Guid? InstanceId = null);

    /// <param name="InstanceId">Of which computer; not needed where there is one.</param>
    private sealed record ResumeBody(Guid? InstanceId = null);

    /// <param name="CheckoutUrl">Send the person there to pay.</param>
    private sealed record CheckoutOpened(string CheckoutUrl, Guid CheckoutId, Guid InstanceId);

    /// <param name="Amount">What was paid, in the currency's smallest unit.</param>
    /// <param name="Status"><c>paid</c>, <c>refund_due</c> or <c>refunded</c>.</param>
    private sealed record InvoiceAnswer(
        Guid Id, string Status, long Amount, string Currency, string Plan, BillingInterval Interval, Guid InstanceId, DateTimeOffset PaidAt, DateTimeOffset? RefundedAt)
    {
        public static InvoiceAnswer Of(CheckoutIntent intent) => new(
            intent.Id,
            intent.State switch { CheckoutState.Refunded => "refunded", CheckoutState.RefundDue => "refund_due", _ => "paid" },
            intent.PaidAmount ?? intent.Amount, intent.Currency, intent.Plan, intent.Interval, intent.InstanceId, intent.PaidAt!.Value,
            intent.State == CheckoutState.Refunded ? intent.ClosedAt : null);
    }
}

/// <summary>What an account is subscribed to.</summary>
/// <param name="Status"><c>none</c>, <c>active</c>, <c>cancelled</c> (in grace), <c>paused</c> or <c>terminated</c>.</param>
/// <param name="EndReason"><c>cancelled</c>, <c>payment_failed</c>, <c>refunded</c> or <c>deleted</c>; null: it is in force.</param>
/// <param name="PausesAt">Until then the computer runs; null: nothing ends.</param>
/// <param name="TerminatesAt">Until then its data is kept.</param>
/// <param name="PaymentFailedAt">The last renewal could not be collected yet.</param>
/// <param name="Held">Support holds it: nothing moves.</param>
internal sealed record SubscriptionAnswer(
    string Status, Guid? Id, string? Plan, BillingInterval? Interval, Guid? InstanceId, DateTimeOffset? StartedAt, DateTimeOffset? CurrentPeriodEnd, bool CancelAtPeriodEnd, DateTimeOffset? EndedAt,
    SubscriptionEnd? EndReason = null, DateTimeOffset? PausesAt = null, DateTimeOffset? TerminatesAt = null, DateTimeOffset? PaymentFailedAt = null, bool Held = false)
{
    public static SubscriptionAnswer Of(Subscription? subscription) => subscription is null
        ? new SubscriptionAnswer("none", null, null, null, null, null, null, false, null)
        : new SubscriptionAnswer(
            subscription.Standing.ToString().ToLowerInvariant(), subscription.Id, subscription.Plan, subscription.Interval, subscription.InstanceId, subscription.StartedAt, subscription.PaidUntil,
            subscription.CancelAtPeriodEnd, subscription.EndedAt, subscription.EndReason, subscription.PausesAt, subscription.TerminatesAt, subscription.PaymentFailedAt, subscription.HeldAt is not null);
}
