namespace Spoq.Core.Billing;

public static class BillingRefusals
{
    public static readonly Refusal InstanceNotFound = new("instance_not_found", "There is no such computer in your account. Go back to the setup and start again from there.", RefusalKind.NotFound);

    public static readonly Refusal AlreadyPaid = new("already_paid", "This computer is paid already. Reload the page to watch it being set up.", RefusalKind.Conflict);

    public static readonly Refusal NotForSale = new("not_payable", "This computer cannot be paid for any more. Start a new setup to get one.", RefusalKind.Conflict);

    public static readonly Refusal PlanChanged = new("plan_changed", "The plan was changed in another tab. Reload the page, check the total and pay then.", RefusalKind.Conflict, "plan");

    public static readonly Refusal PaymentUnderWay = new("payment_under_way", "A payment for this computer is being processed. Nothing more to do: this page moves on as soon as it is through.", RefusalKind.Conflict);

    public static readonly Refusal RefundUnderWay = new("refund_under_way", "The refund is on its way. It is tried until it has gone through.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromSeconds(15) };

    public static readonly Refusal PaymentsAway = new("payments_unavailable", "The payment page cannot be reached right now. Nothing was charged; try again in a minute.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromMinutes(1) };

    public static readonly Refusal NoCheckout = new("no_checkout", "No checkout was begun for this computer. Begin one with POST /v1/billing/subscribe.", RefusalKind.Conflict);

    public static readonly Refusal CheckoutExpired = new("checkout_expired", "This checkout was not paid in time, and nothing was charged. Begin a new one with POST /v1/billing/subscribe.", RefusalKind.Conflict);

    public static readonly Refusal PaymentWentBack = new("payment_returned", "This payment goes back or has gone back to you. Order a new computer to start again.", RefusalKind.Conflict);

    public static readonly Refusal UnknownInterval = new("unknown_interval", "The interval is month or year.", RefusalKind.Invalid, "interval");

    public static readonly Refusal PortalUnavailable = Unavailable(
        "portal_unavailable", "There is no payment portal here yet. Invoices are at GET /v1/billing/invoices; write to support to change how you pay.");

    public static readonly Refusal CancelUnavailable = Unavailable(
        "cancel_unavailable", "A subscription cannot be cancelled through the API yet, and nothing was changed. A computer that is not delivered yet is cancelled and refunded by deleting it; for any other, write to support.");

    public static readonly Refusal ResumeUnavailable = Unavailable(
        "resume_unavailable", "A subscription cannot be resumed through the API yet, and nothing was changed. Write to support.");

    public static readonly Refusal ChangeUnavailable = Unavailable(
        "change_unavailable", "The plan of a running computer cannot be changed yet. Nothing was changed and nothing was charged.");

    public static readonly Refusal UsageUnavailable = Unavailable("usage_unavailable", "Usage is not metered here yet, so there is nothing to bill. Included tokens are at GET /api/plans.");

    public static readonly Refusal BadSignature = new("bad_signature", "The Stripe-Signature header does not match this body and any configured Stripe__WebhookSecret, or it is older than five minutes.");

    public static readonly Refusal BadEvent = new("bad_event", "The body is not a Stripe event: it must be a JSON object with an id and a type.");

    public static readonly Refusal UnknownPlan = new("unknown_plan", "There is no such plan. Choose one from the pricing page.", RefusalKind.Invalid, "plan");

    private static Refusal Unavailable(string code, string message) => new(code, message, RefusalKind.Unavailable);

    public static Refusal NotSoldBy(Plan plan, BillingInterval interval) =>
        new("interval_not_sold", $"{plan.Name} is not sold by the {interval.ToString().ToLowerInvariant()}. Choose monthly.", RefusalKind.Invalid, "interval");
}
