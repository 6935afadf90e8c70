namespace Spoq.Core.Billing;

/// <summary>Where one attempt to pay for an instance stands.</summary>
public enum CheckoutState
{
    /// <summary>Can be paid. Declined tries leave it open; so does walking away, until it expires.</summary>
    Open,

    /// <summary>Paid and kept: its instance is being built, or runs.</summary>
    Paid,

    /// <summary>Nobody paid in time. Should a payment arrive all the same, it is honoured or goes back.</summary>
    Expired,

    /// <summary>Another checkout took its place. A payment that still arrives is honoured or goes back.</summary>
    Replaced,

    /// <summary>Paid, not kept: the money goes back, tried until it has.</summary>
    RefundDue,

    /// <summary>Final: the money is back.</summary>
    Refunded,
}

/// <summary>What taking in the payment provider's facts has changed, and so what must happen with it.</summary>
public enum Settlement
{
    Nothing,

    /// <summary>The instance is bought: provisioning begins in the same transaction.</summary>
    Bought,

    /// <summary>A payment came that buys nothing: it goes back.</summary>
    RefundOwed,

    /// <summary>The money is back.</summary>
    Refunded,

    /// <summary>It ended without a payment.</summary>
    Closed,
}
