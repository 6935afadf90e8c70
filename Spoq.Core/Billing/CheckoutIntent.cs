namespace Spoq.Core.Billing;

/// <summary>One attempt to pay for one instance. At most one of an instance is open, at most one paid.</summary>
public sealed class CheckoutIntent
{
    /// <summary>How long a checkout can be paid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <summary>A checkout that ends sooner is not handed out again: nobody types a card number that fast.</summary>
    private static readonly TimeSpan s_enoughToPay = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_longestLook = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_longestRefundWait = TimeSpan.FromMinutes(5);

    public CheckoutIntent(Guid id, Guid accountId, Guid instanceId, string plan, BillingInterval interval, long amount, string currency, DateTimeOffset createdAt)
    {
        Id = id;
        AccountId = accountId;
        InstanceId = instanceId;
        Plan = plan;
        Interval = interval;
        Amount = amount;
        Currency = currency;
        CreatedAt = createdAt;
        ExpiresAt = createdAt + Lifetime;
        DueAt = createdAt + s_firstLook;
    }

    public Guid Id { get; private set; }

    public Guid AccountId { get; private set; }

    public Guid InstanceId { get; private set; }

    /// <summary>Key of the plan in the catalogue.</summary>
    public string Plan { get; private set; }

    public BillingInterval Interval { get; private set; }

    /// <summary>Smallest units of <see cref="Currency"/>.</summary>
    public long Amount { get; private set; }

    public string Currency { get; private set; }

    public CheckoutState State { get; private set; } = CheckoutState.Open;

    /// <summary>The payment provider's id of the checkout; null until it has answered.</summary>
    public string? Reference { get; private set; }

    /// <summary>Where the browser goes to pay; null until the payment provider has answered.</summary>
    public string? Url { get; private set; }

    public int DeclinedTries { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; }

    public DateTimeOffset? PaidAt { get; private set; }

    /// <summary>What was taken, after discounts, in the smallest units of <see cref="Currency"/>.</summary>
    public long? PaidAmount { get; private set; }

    /// <summary>When it ended unpaid, or the money was back.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>In words for the customer; null: nothing goes back.</summary>
    public string? RefundReason { get; private set; }

    /// <summary>When it is compared with the payment provider again; null: never.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    public DateTimeOffset? LeaseUntil { get; private set; }

    public long LeaseToken { get; private set; }

    /// <summary>Looks so far in this state; they grow rarer.</summary>
    public int Attempts { get; private set; }

    public uint Version { get; private set; }

    public Money Price => new(Amount, Currency);

    /// <summary>Money of the customer's is with us, or was.</summary>
    public bool WasPaid => PaidAt is not null;

    /// <summary>Whether this open checkout can be handed out again for what is wanted now.</summary>
    public bool Fits(string plan, BillingInterval interval, Money price, DateTimeOffset now) =>
        State == CheckoutState.Open && Plan == plan && Interval == interval && Price == price && now < ExpiresAt - s_enoughToPay;

    /// <summary>Whether these facts are the news that it was paid and the money is with us.</summary>
    public bool IsPaidBy(CheckoutFacts facts) =>
        State is CheckoutState.Open or CheckoutState.Expired or CheckoutState.Replaced && facts is { Standing: CheckoutStanding.Paid, Refunded: false };

    public void Opened(CheckoutPage page, DateTimeOffset now)
    {
        Reference ??= page.Reference;
        Url ??= page.Url.ToString();
        if (State == CheckoutState.Replaced)
        {
            DueAt = now;
        }
    }

    /// <summary>Another checkout takes its place, or the instance was bought through another: it must become unpayable.</summary>
    public void Replace(DateTimeOffset now)
    {
        if (State == CheckoutState.Open)
        {
            MoveTo(CheckoutState.Replaced, dueAt: Reference is null ? null : now);
            ClosedAt = now;
        }
    }

    /// <param name="facts">What the payment provider knows.</param>
    /// <param name="refusedBecause">Why a payment would buy nothing now, in words for the customer; null: it buys the instance.</param>
    /// <param name="now">The time it is.</param>
    public Settlement Take(CheckoutFacts facts, string? refusedBecause, DateTimeOffset now)
    {
        Reference ??= facts.Reference;
        DeclinedTries = Math.Max(DeclinedTries, facts.DeclinedTries);
        return State switch
        {
            CheckoutState.Paid or CheckoutState.RefundDue when facts.Refunded => Refunded(now),
            CheckoutState.Open or CheckoutState.Expired or CheckoutState.Replaced when facts.Standing == CheckoutStanding.Paid => Paid(facts, refusedBecause, now),
            CheckoutState.Open when facts.Standing == CheckoutStanding.Expired => Expired(now),
            CheckoutState.Replaced when facts.Standing == CheckoutStanding.Expired => Rest(),
            _ => Settlement.Nothing,
        };
    }

    /// <summary>The payment provider's page was never handed to anybody: once it is too late to, nobody can have paid.</summary>
    public Settlement GiveUp(DateTimeOffset now) => State == CheckoutState.Open && Reference is null && now >= ExpiresAt ? Expired(now) : Settlement.Nothing;

    /// <summary>The payment goes back; says whether anything changed.</summary>
    public bool OweRefund(string reason, DateTimeOffset now)
    {
        if (State != CheckoutState.Paid)
        {
            return false;
        }

        MoveTo(CheckoutState.RefundDue, dueAt: now);
        RefundReason = reason;
        return true;
    }

    /// <summary>Ends a worker's visit: gives the lease back and, where it changed nothing, sets when to look again.</summary>
    public void Looked(Settlement settlement, TimeSpan? waitFor, DateTimeOffset now)
    {
        LeaseUntil = null;
        if (DueAt is null || settlement != Settlement.Nothing)
        {
            return;
        }

        var longest = State == CheckoutState.RefundDue ? s_longestRefundWait : s_longestLook;
        var wait = Shorter(s_firstLook * Math.Pow(2, Math.Min(Attempts, 16)), longest);
        Attempts++;
        DueAt = now + (waitFor > wait ? waitFor.Value : wait);
        if (State == CheckoutState.Open && now < ExpiresAt && DueAt > ExpiresAt)
        {
            DueAt = ExpiresAt;
        }
    }

    private Settlement Paid(CheckoutFacts facts, string? refusedBecause, DateTimeOffset now)
    {
        PaidAt = now;
        PaidAmount = facts.Total?.MinorUnits ?? Amount;
        if (facts.Refunded)
        {
            return Refunded(now);
        }

        if (refusedBecause is null)
        {
            MoveTo(CheckoutState.Paid, dueAt: null);
            ClosedAt = null;
            return Settlement.Bought;
        }

        MoveTo(CheckoutState.RefundDue, dueAt: now);
        RefundReason = refusedBecause;
        return Settlement.RefundOwed;
    }

    private Settlement Expired(DateTimeOffset now)
    {
        MoveTo(CheckoutState.Expired, dueAt: null);
        ClosedAt = now;
        return Settlement.Closed;
    }

    private Settlement Refunded(DateTimeOffset now)
    {
        MoveTo(CheckoutState.Refunded, dueAt: null);
        ClosedAt = now;
        return Settlement.Refunded;
    }

    private Settlement Rest()
    {
        DueAt = null;
        return Settlement.Nothing;
    }

    private void MoveTo(CheckoutState state, DateTimeOffset? dueAt)
    {
        State = state;
        DueAt = dueAt;
        Attempts = 0;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
