namespace Spoq.Core.Billing;

/// <summary>What the right to a plan means for the server. It changes only by a recorded step, never by the clock alone.</summary>
public enum Standing
{
    /// <summary>Paid: the server runs.</summary>
    Active,

    /// <summary>Over, in grace: the server still runs.</summary>
    Cancelled,

    /// <summary>The server is stopped, its data is kept.</summary>
    Paused,

    /// <summary>Final: server and data go.</summary>
    Terminated,
}

/// <summary>Why the right to a plan ended.</summary>
public enum SubscriptionEnd
{
    /// <summary>The customer cancelled.</summary>
    Cancelled,

    /// <summary>The payment provider gave up collecting.</summary>
    PaymentFailed,

    /// <summary>The payment went back.</summary>
    Refunded,

    /// <summary>Its computer was deleted.</summary>
    Deleted,
}

/// <summary>The paid right to a plan on one instance. Resuming works at any time before termination.</summary>
public sealed partial class Subscription
{
    public Subscription(Guid id, Guid accountId, Guid instanceId, Guid checkoutIntentId, string plan, BillingInterval interval, DateTimeOffset startedAt)
    {
        Id = id;
        AccountId = accountId;
        InstanceId = instanceId;
        CheckoutIntentId = checkoutIntentId;
        Plan = PlanTold = plan;
        Interval = interval;
        StartedAt = startedAt;
        PaidUntil = PeriodFrom(startedAt);
        DueAt = PaidUntil + s_renewalSlack;
    }

    public Guid Id { get; private set; }

    public Guid AccountId { get; private set; }

    public Guid InstanceId { get; private set; }

    /// <summary>The checkout it was bought in.</summary>
    public Guid CheckoutIntentId { get; private set; }

    /// <summary>Key of the plan in the catalogue.</summary>
    public string Plan { get; private set; }

    public BillingInterval Interval { get; private set; }

    /// <summary>The payment provider's id of it.</summary>
    public string? Reference { get; private set; }

    /// <summary>The payment provider's id of who pays.</summary>
    public string? Customer { get; private set; }

    public DateTimeOffset StartedAt { get; private set; }

    public DateTimeOffset PaidUntil { get; private set; }

    /// <summary>Runs on until <see cref="PaidUntil"/> and is not renewed.</summary>
    public bool CancelAtPeriodEnd { get; private set; }

    /// <summary>The last renewal could not be collected; the payment provider is still trying.</summary>
    public DateTimeOffset? PaymentFailedAt { get; private set; }

    /// <summary>When the right ended and grace began; null: it is in force.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    public SubscriptionEnd? EndReason { get; private set; }

    /// <summary>When the server stops, as the customer was told; null: nothing ends.</summary>
    public DateTimeOffset? PausesAt { get; private set; }

    /// <summary>When server and data go, as the customer was told. It may be put off, never brought forward.</summary>
    public DateTimeOffset? TerminatesAt { get; private set; }

    public DateTimeOffset? PauseWarnedAt { get; private set; }

    public DateTimeOffset? TerminationWarnedAt { get; private set; }

    /// <summary>When the server was stopped because of the end; null: it was not.</summary>
    public DateTimeOffset? PausedAt { get; private set; }

    /// <summary>The pause stopped a running server, so that resuming starts it; one that its owner had stopped stays off.</summary>
    public bool StoppedByPause { get; private set; }

    /// <summary>Resumed, and the server is not started yet.</summary>
    public bool StartOwed { get; private set; }

    /// <summary>When it was over for good; null: it is not.</summary>
    public DateTimeOffset? TerminatedAt { get; private set; }

    /// <summary>An administrator holds it: nothing moves until it is released.</summary>
    public DateTimeOffset? HeldAt { get; private set; }

    public string? HeldReason { get; private set; }

    /// <summary>What the payment provider was last told of <see cref="IsRenewed"/>.</summary>
    public bool RenewalTold { get; private set; } = true;

    /// <summary>The plan that the payment provider was last told of.</summary>
    public string PlanTold { get; private set; }

    /// <summary>When <see cref="Plan"/> took the place of another; null: it is the one that was bought.</summary>
    public DateTimeOffset? PlanChangedAt { get; private set; }

    /// <summary>When a worker looks at it next; null: never.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    public DateTimeOffset? LeaseUntil { get; private set; }

    public long LeaseToken { get; private set; }

    public uint Version { get; private set; }

    public Standing Standing => this switch
    {
        { TerminatedAt: not null } => Standing.Terminated,
        { EndedAt: null } => Standing.Active,
        { PausedAt: null } => Standing.Cancelled,
        _ => Standing.Paused,
    };

    /// <summary>Whether another period shall be paid when this one ends.</summary>
    public bool IsRenewed => EndedAt is null && TerminatedAt is null && !CancelAtPeriodEnd;

    public void KnownAs(string? reference, string? customer)
    {
        Reference ??= reference;
        Customer ??= customer;
    }

    /// <summary>Null: its plan may be changed now, by <see cref="ChangePlan"/>.</summary>
    public Refusal? WhyNotChange() => NotNow() ?? (!IsRenewed ? BillingRefusals.NotRenewed : PaymentFailedAt is not null ? BillingRefusals.PaymentOpen : null);

    /// <summary>The computer has the size of another plan: from now on that one is paid.</summary>
    public void ChangePlan(string plan, DateTimeOffset now)
    {
        Plan = plan;
        PlanChangedAt = now;
        Schedule(now);
    }

    /// <summary>The payment provider renews another plan than this.</summary>
    public bool OwesPlanNews => Reference is not null && PlanTold != Plan && TerminatedAt is null;

    public void PlanWasTold(string plan) => PlanTold = plan;

    /// <summary>What a change of plan adds to the next payment; below zero it is taken off.</summary>
    public Money Difference(Money from, Money to, DateTimeOffset now) =>
        Proration.Of(from, to, Interval == BillingInterval.Year ? PaidUntil.AddYears(-1) : PaidUntil.AddMonths(-1), PaidUntil, now);

    private DateTimeOffset PeriodFrom(DateTimeOffset start) => Interval == BillingInterval.Year ? start.AddYears(1) : start.AddMonths(1);
}
