namespace Spoq.Core.Billing;

public enum SubscriptionPaymentState
{
    /// <summary>Written down before the payment provider is asked.</summary>
    Asked,
    Paid,

    /// <summary>Final: nothing was taken.</summary>
    Declined,

    /// <summary>Paid, and it came too late to buy anything: it goes back, tried until it has.</summary>
    RefundDue,

    /// <summary>Final: the money is back.</summary>
    Refunded,
}

/// <summary>One more period, collected because the customer resumed. At most one of a subscription is open.</summary>
public sealed class SubscriptionPayment
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_longestLook = TimeSpan.FromMinutes(5);

    public SubscriptionPayment(Guid id, Guid accountId, Guid subscriptionId, long amount, string currency, DateTimeOffset createdAt)
    {
        Id = id;
        AccountId = accountId;
        SubscriptionId = subscriptionId;
        Amount = amount;
        Currency = currency;
        CreatedAt = createdAt;
        DueAt = createdAt + s_firstLook;
    }

    public Guid Id { get; private set; }

    public Guid AccountId { get; private set; }

    public Guid SubscriptionId { get; private set; }

    /// <summary>Smallest units of <see cref="Currency"/>.</summary>
    public long Amount { get; private set; }

    public string Currency { get; private set; }

    public SubscriptionPaymentState State { get; private set; }

    /// <summary>The payment provider's id of it; null until it has answered.</summary>
    public string? Reference { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? PaidAt { get; private set; }

    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>When a worker goes on with it; null: nothing is open.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    public DateTimeOffset? LeaseUntil { get; private set; }

    public long LeaseToken { get; private set; }

    public int Attempts { get; private set; }

    public uint Version { get; private set; }

    public Money Price => new(Amount, Currency);

    /// <param name="collected">What the payment provider says.</param>
    /// <param name="isWanted">False: the subscription was over before it arrived.</param>
    /// <param name="now">The time it is.</param>
    public void Take(CollectedPayment collected, bool isWanted, DateTimeOffset now)
    {
        if (State != SubscriptionPaymentState.Asked)
        {
            return;
        }

        Reference = collected.Reference;
        PaidAt = collected.IsPaid ? now : null;
        State = (collected.IsPaid, isWanted) switch
        {
            (false, _) => SubscriptionPaymentState.Declined,
            (true, true) => SubscriptionPaymentState.Paid,
            _ => SubscriptionPaymentState.RefundDue,
        };
        ClosedAt = State == SubscriptionPaymentState.Declined ? now : null;
        DueAt = State == SubscriptionPaymentState.RefundDue ? now : null;
        Attempts = 0;
    }

    public void Refunded(DateTimeOffset now)
    {
        State = SubscriptionPaymentState.Refunded;
        ClosedAt = now;
        DueAt = null;
    }

    /// <summary>Ends a worker's visit; what is still open is looked at again, ever less often.</summary>
    public void Looked(TimeSpan? waitFor, DateTimeOffset now)
    {
        LeaseUntil = null;
        if (DueAt is null)
        {
            return;
        }

        var wait = s_firstLook * Math.Pow(2, Math.Min(Attempts, 8));
        wait = wait < s_longestLook ? wait : s_longestLook;
        Attempts++;
        DueAt = now + (waitFor > wait ? waitFor.Value : wait);
    }
}
