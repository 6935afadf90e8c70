namespace Spoq.Core.Billing;

public enum RenewalStanding
{
    /// <summary>Paid until a date, or being collected for the first time.</summary>
    Paid,

    /// <summary>Could not be collected; it is tried again.</summary>
    PastDue,

    /// <summary>Final: nothing is collected any more.</summary>
    Ended,
}

/// <summary>What the payment provider knows of what renews a subscription.</summary>
public sealed record SubscriptionFacts(RenewalStanding Standing, DateTimeOffset PaidUntil);

/// <summary>What of the payment provider's facts the customer must hear.</summary>
public enum SubscriptionNews
{
    Nothing,
    PaymentFailed,
    PaymentMadeGood,
    Ended,
}

/// <summary>Another period is to be paid with what the customer paid with before.</summary>
/// <param name="PaymentId">Makes it happen once, however often it is asked.</param>
/// <param name="Customer">The payment provider's id of who pays.</param>
/// <param name="Subscription">The payment provider's id of what was renewed before.</param>
public sealed record PaymentDemand(Guid PaymentId, Guid AccountId, string? Customer, string? Subscription, string PlanName, BillingInterval Interval, Money Price);

/// <summary>What a subscription renews from a moment on.</summary>
/// <param name="Subscription">The payment provider's id of it.</param>
/// <param name="Plan">Key of the plan; with the interval it names the provider's price.</param>
/// <param name="Price">Of one period.</param>
/// <param name="At">When it changed: what came before is paid at the old price. Also makes it happen once.</param>
public sealed record PlanChange(string Subscription, string Plan, string PlanName, BillingInterval Interval, Money Price, DateTimeOffset At);

/// <summary>How a demand ended.</summary>
/// <param name="IsPaid">False: declined, nothing was taken.</param>
/// <param name="Reference">The payment provider's id of the payment; it is sent back by it.</param>
/// <param name="Subscription">The payment provider's id of what renews it from now on; null: as before.</param>
public sealed record CollectedPayment(bool IsPaid, string Reference, string? Subscription);
