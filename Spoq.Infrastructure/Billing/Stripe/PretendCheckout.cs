using Spoq.Core.Billing;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>A checkout session as the pretend payment provider keeps it: its own ledger, apart from ours.</summary>
public sealed class PretendCheckout(
    string id, Guid intentId, Guid accountId, string planName, BillingInterval interval, long amount, string currency, string successUrl, string cancelUrl, DateTimeOffset createdAt, DateTimeOffset expiresAt)
{
    internal const string SubscriptionPrefix = "sub_pretend_";

    /// <summary>As unguessable as Stripe's: it stands in an address.</summary>
    public string Id { get; private set; } = id;

    /// <summary>Also the idempotency key: one session for each.</summary>
    public Guid IntentId { get; private set; } = intentId;

    public Guid AccountId { get; private set; } = accountId;

    public string? Email { get; private set; }

    public string PlanName { get; private set; } = planName;

    public BillingInterval Interval { get; private set; } = interval;

    public long Amount { get; private set; } = amount;

    public string Currency { get; private set; } = currency;

    public string SuccessUrl { get; private set; } = successUrl;

    public string CancelUrl { get; private set; } = cancelUrl;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset ExpiresAt { get; private set; } = expiresAt;

    public int DeclinedTries { get; private set; }

    public DateTimeOffset? AbandonedAt { get; private set; }

    public DateTimeOffset? PaidAt { get; private set; }

    public DateTimeOffset? ExpiredAt { get; private set; }

    public DateTimeOffset? RefundedAt { get; private set; }

    /// <summary>Nothing more is collected when the period that runs then is over.</summary>
    public DateTimeOffset? RenewalOffAt { get; private set; }

    /// <summary>What is renewed, where that is no longer what was bought.</summary>
    public string? RenewalPlan { get; private set; }

    public long? RenewalAmount { get; private set; }

    /// <summary>What changes of plan add to the next payment, or take off it.</summary>
    public long? Proration { get; private set; }

    public Money Price => new(Amount, Currency);

    internal string SubscriptionId => SubscriptionPrefix + IntentId.ToString("n");

    public CheckoutStanding Standing(DateTimeOffset now) => this switch
    {
        { PaidAt: not null } => CheckoutStanding.Paid,
        { ExpiredAt: not null } => CheckoutStanding.Expired,
        _ => now >= ExpiresAt ? CheckoutStanding.Expired : CheckoutStanding.Open,
    };

    /// <summary>Says whether this press was the one that paid.</summary>
    public bool Pay(DateTimeOffset now)
    {
        var open = Standing(now) == CheckoutStanding.Open;
        PaidAt = open ? now : PaidAt;
        return open;
    }

    public void Decline(DateTimeOffset now) => DeclinedTries += Standing(now) == CheckoutStanding.Open ? 1 : 0;

    /// <summary>The customer went away; until it expires they may come back and pay.</summary>
    public void Abandon(DateTimeOffset now) => AbandonedAt = Standing(now) == CheckoutStanding.Open ? now : AbandonedAt;

    public bool Expire(DateTimeOffset now)
    {
        var changes = PaidAt is null && ExpiredAt is null;
        ExpiredAt = changes ? now : ExpiredAt;
        return changes;
    }

    public bool Refund(DateTimeOffset now)
    {
        var changes = PaidAt is not null && RefundedAt is null;
        RefundedAt = changes ? now : RefundedAt;
        return changes;
    }

    public void SetRenewal(bool isRenewed, DateTimeOffset now) => RenewalOffAt = isRenewed ? null : RenewalOffAt ?? now;

    public void ChangePlan(PlanChange change)
    {
        if ((RenewalPlan ?? PlanName) == change.PlanName)
        {
            return;
        }

        var end = Subscription(change.At)?.PaidUntil ?? change.At;
        var start = Interval == BillingInterval.Year ? end.AddYears(-1) : end.AddMonths(-1);
        Proration = (Proration ?? 0) + Core.Billing.Proration.Of(new Money(RenewalAmount ?? Amount, Currency), change.Price, start, end, change.At).MinorUnits;
        RenewalPlan = change.PlanName;
        RenewalAmount = change.Price.MinorUnits;
    }

    /// <summary>Pretend money never runs out: each period is paid when it begins.</summary>
    internal SubscriptionFacts? Subscription(DateTimeOffset now)
    {
        if (PaidAt is not { } paid)
        {
            return null;
        }

        var last = RenewalOffAt ?? now;
        var periods = 1;
        while (Period(paid, periods) <= last)
        {
            periods++;
        }

        var until = Period(paid, periods);
        return new SubscriptionFacts(RefundedAt is not null || now >= until ? RenewalStanding.Ended : RenewalStanding.Paid, until);
    }

    private DateTimeOffset Period(DateTimeOffset start, int count) => Interval == BillingInterval.Year ? start.AddYears(count) : start.AddMonths(count);

    internal CheckoutFacts Facts(DateTimeOffset now) => new(
        Id,
        Standing(now),
        DeclinedTries,
        PaidAt is null ? null : Price,
        PaidAt is null ? null : SubscriptionId,
        PaidAt is null ? null : $"cus_pretend_{AccountId:n}",
        RefundedAt is not null);
}
