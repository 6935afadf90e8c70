namespace Spoq.Core.Billing;

/// <summary>
/// Whoever takes the money. Every call may be repeated: the intent's id makes it happen once.
/// Facts asked for here are the truth; what a webhook says is only a reason to ask.
/// </summary>
/// <remarks>All methods throw <see cref="PaymentsException"/> and no other exception when the neighbour is away or refuses.</remarks>
public interface IPayments
{
    /// <summary>Opens a hosted checkout; asked again for the same intent, answers with the same one.</summary>
    Task<CheckoutPage> CreateCheckoutAsync(CheckoutOrder order, CancellationToken cancellationToken);

    /// <summary>Null: there is no such checkout.</summary>
    Task<CheckoutFacts?> FindCheckoutAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Makes an open checkout unpayable and tells what is true then: it may have been paid a moment before.</summary>
    Task<CheckoutFacts> ExpireCheckoutAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Sends the whole payment back and ends what would renew it; a second call changes nothing. False: accepted, not there yet.</summary>
    Task<bool> RefundAsync(string reference, Guid intentId, CancellationToken cancellationToken);

    /// <summary>Null: there is no such subscription.</summary>
    Task<SubscriptionFacts?> FindSubscriptionAsync(string subscription, CancellationToken cancellationToken);

    /// <summary>Whether another period is collected when this one ends. One that has ended stays ended; a second call changes nothing.</summary>
    Task SetRenewalAsync(string subscription, bool isRenewed, CancellationToken cancellationToken);

    /// <summary>
    /// Another plan is renewed from now on. What is left of the period is made up for with the next payment, as
    /// <see cref="Proration"/> says. Told again for the same plan, it changes nothing.
    /// </summary>
    Task SetPlanAsync(PlanChange change, CancellationToken cancellationToken);

    /// <summary>Collects another period now; asked again for the same payment, answers the same. <see cref="RefundAsync"/> sends it back.</summary>
    Task<CollectedPayment> CollectAsync(PaymentDemand demand, CancellationToken cancellationToken);
}

/// <summary>What is to be paid, by whom, and where the browser goes afterwards.</summary>
public sealed record CheckoutOrder(
    Guid IntentId,
    Guid AccountId,
    Guid InstanceId,
    string? Email,
    string PlanName,
    BillingInterval Interval,
    Money Price,
    DateTimeOffset ExpiresAt,
    Uri SuccessUrl,
    Uri CancelUrl);

/// <summary>A checkout that a browser can be sent to.</summary>
/// <param name="Reference">The payment provider's own id of it.</param>
public sealed record CheckoutPage(string Reference, Uri Url);

public enum CheckoutStanding
{
    /// <summary>Can be paid, was not.</summary>
    Open,

    /// <summary>The customer has done their part; the money is on its way.</summary>
    Processing,
    Paid,

    /// <summary>Final: cannot be paid any more.</summary>
    Expired,
}

/// <summary>What the payment provider knows about a checkout now.</summary>
/// <param name="DeclinedTries">0 where the provider does not tell.</param>
/// <param name="Total">What was taken, after discounts; null before.</param>
/// <param name="Subscription">The provider's id of what renews it; null before payment.</param>
/// <param name="Customer">The provider's id of who paid.</param>
/// <param name="Refunded">The whole payment is back.</param>
public sealed record CheckoutFacts(
    string Reference,
    CheckoutStanding Standing,
    int DeclinedTries = 0,
    Money? Total = null,
    string? Subscription = null,
    string? Customer = null,
    bool Refunded = false);

/// <summary>The payment provider said no or nothing at all.</summary>
public sealed class PaymentsException : Exception
{
    public PaymentsException()
    {
    }

    public PaymentsException(string message)
        : base(message)
    {
    }

    public PaymentsException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>How long it asks us to wait; null: it did not say.</summary>
    public TimeSpan? WaitFor { get; init; }
}
