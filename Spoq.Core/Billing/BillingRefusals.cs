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

    public static readonly Refusal BadSignature = new("bad_signature", "The Stripe-Signature header does not match this body and any configured Stripe__WebhookSecret, or it is older than five minutes.");

    public static readonly Refusal BadEvent = new("bad_event", "The body is not a Stripe event: it must be a JSON object with an id and a type.");

    public static readonly Refusal UnknownPlan = new("unknown_plan", "There is no such plan. Choose one from the pricing page.", RefusalKind.Invalid, "plan");

    public static Refusal NotSoldBy(Plan plan, BillingInterval interval) =>
        new("interval_not_sold", $"{plan.Name} is not sold by the {interval.ToString().ToLowerInvariant()}. Choose monthly.", RefusalKind.Invalid, "interval");
}
