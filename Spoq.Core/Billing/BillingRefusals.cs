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

    public static readonly Refusal NoSubscription = new("no_subscription", "There is no subscription for this. Billing shows what you have; a new computer starts with POST /v1/billing/subscribe.", RefusalKind.NotFound);

    public static readonly Refusal AlreadyCancelled = new("already_cancelled", "This subscription is cancelled already. Billing shows what happens on which date, and Resume takes it back.", RefusalKind.Conflict);

    public static readonly Refusal NotCancelled = new("not_cancelled", "This subscription is in force, so there is nothing to resume.", RefusalKind.Conflict);

    public static readonly Refusal NotDelivered = new("not_delivered", "This computer is not delivered yet. Choose \"Cancel and refund\" on the setup page, or delete it: your whole payment goes back.", RefusalKind.Conflict);

    public static readonly Refusal Terminated = new("subscription_terminated", "This subscription is over and its computer is gone. Set up a new one to start again.", RefusalKind.Conflict);

    public static readonly Refusal TooLate = new("resume_too_late", "The subscription ended for good a moment before your payment arrived. The payment goes back to you in full.", RefusalKind.Conflict);

    public static readonly Refusal Held = new("subscription_held", "Our support holds this subscription: nothing ends and nothing is charged meanwhile. Write to support to have it released.", RefusalKind.Conflict);

    public static readonly Refusal NotHeld = new("not_held", "This subscription is not held, so there is nothing to release.", RefusalKind.Conflict);

    public static readonly Refusal Declined = new("payment_declined", "The payment was declined and nothing was charged. Check the card with your bank, then press Resume again.", RefusalKind.Conflict);

    public static readonly Refusal ResumeUnderWay = new(
        "resume_under_way", "The payment provider has not answered yet. We keep asking and write to you when it is through; do not pay twice.", RefusalKind.Unavailable)
    {
        RetryAfter = TimeSpan.FromSeconds(15),
    };

    public static readonly Refusal UnknownWhen = new("unknown_when", "Cancel \"now\" or at \"period_end\".", RefusalKind.Invalid, "when");

    public static readonly Refusal NotRenewed = new("not_renewed", "This subscription ends, so its plan cannot be changed. Press Resume on the Billing page first.", RefusalKind.Conflict);

    public static readonly Refusal PaymentOpen = new("payment_open", "The last payment could not be collected yet. Check your card; once the payment is through, the size can be changed.", RefusalKind.Conflict);

    public static readonly Refusal ChangeUnavailable = Unavailable(
        "change_unavailable", "Only the size of a computer can be changed yet: POST /api/cloud/instances/{id}/resize. Nothing was changed and nothing was charged.");

    public static readonly Refusal UsageUnavailable = Unavailable("usage_unavailable", "Usage is not metered here yet, so there is nothing to bill. Included tokens are at GET /api/plans.");

    public static readonly Refusal BadSignature = new("bad_signature", "The Stripe-Signature header does not match this body and any configured Stripe__WebhookSecret, or it is older than five minutes.");

    public static readonly Refusal BadEvent = new("bad_event", "The body is not a Stripe event: it must be a JSON object with an id and a type.");

    public static readonly Refusal UnknownPlan = new("unknown_plan", "There is no such plan. Choose one from the pricing page.", RefusalKind.Invalid, "plan");

    private static Refusal Unavailable(string code, string message) => new(code, message, RefusalKind.Unavailable);

    public static Refusal NotSoldBy(Plan plan, BillingInterval interval) =>
        new("interval_not_sold", $"{plan.Name} is not sold by the {interval.ToString().ToLowerInvariant()}. Choose monthly.", RefusalKind.Invalid, "interval");
}
