namespace Spoq.Core.Billing;

/// <summary>What the ladder does next; each is recorded in the transaction that does it.</summary>
public enum LadderStep
{
    None,

    /// <summary>The paid time is over and was not to be renewed: grace begins.</summary>
    End,
    WarnOfPause,
    Pause,
    WarnOfTermination,
    Terminate,
}

// How it ends: grace runs the server, the pause keeps its data, then both are gone. Nothing is lost sooner than was told.
public sealed partial class Subscription
{
    public static readonly TimeSpan Grace = TimeSpan.FromDays(7);

    public static readonly TimeSpan Pause = TimeSpan.FromDays(30);

    /// <summary>So long before each loss the customer is written to.</summary>
    public static readonly TimeSpan Warning = TimeSpan.FromDays(1);

    /// <summary>The payment provider needs a while to collect; before that a renewal is not missed.</summary>
    private static readonly TimeSpan s_renewalSlack = TimeSpan.FromHours(2);

    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromHours(6);

    public Refusal? Cancel(bool atPeriodEnd, DateTimeOffset now)
    {
        if (NotNow() is { } no)
        {
            return no;
        }

        var isLater = atPeriodEnd && PaidUntil > now;
        if (EndedAt is not null || (CancelAtPeriodEnd && isLater))
        {
            return BillingRefusals.AlreadyCancelled;
        }

        if (isLater)
        {
            CancelAtPeriodEnd = true;
            TellDates(PaidUntil);
            Schedule(now);
        }
        else
        {
            End(SubscriptionEnd.Cancelled, now, now);
        }

        return null;
    }

    /// <summary>Null: it may be resumed now, by <see cref="Restore"/>.</summary>
    public Refusal? WhyNotResume() => NotNow() ?? (EndedAt is null && !CancelAtPeriodEnd ? BillingRefusals.NotCancelled : null);

    /// <summary>What was paid for is used up: resuming takes another payment.</summary>
    public bool NeedsPayment(DateTimeOffset now) => EndedAt is not null && PaidUntil <= now;

    /// <summary>As if it had never ended. A server that the pause stopped is owed a start.</summary>
    /// <param name="renewed">What the payment that made it possible brought; null: nothing had to be paid.</param>
    /// <param name="now">The time it is.</param>
    public void Restore(CollectedPayment? renewed, DateTimeOffset now)
    {
        if (WhyNotResume() is { } no)
        {
            throw new InvalidOperationException($"Subscription {Id} cannot be restored: {no.Code}.");
        }

        StartOwed = StartOwed || StoppedByPause;
        EndedAt = PausesAt = TerminatesAt = PauseWarnedAt = TerminationWarnedAt = PausedAt = PaymentFailedAt = null;
        EndReason = null;
        CancelAtPeriodEnd = StoppedByPause = false;
        if (renewed is not null)
        {
            PaidUntil = PeriodFrom(now);
            Reference = renewed.Subscription ?? Reference;
            PlanTold = renewed.Subscription is null ? PlanTold : Plan;
            RenewalTold = renewed.Subscription is not null || RenewalTold;
        }

        Schedule(now);
    }

    /// <summary>What the payment provider knows of it. Says what of that is news to the customer.</summary>
    public SubscriptionNews Take(SubscriptionFacts facts, DateTimeOffset now)
    {
        var before = (EndedAt, PaymentFailedAt);
        if (TerminatedAt is not null || EndedAt is not null)
        {
            return SubscriptionNews.Nothing;
        }

        switch (facts.Standing)
        {
            case RenewalStanding.Paid:
                PaidUntil = facts.PaidUntil > PaidUntil ? facts.PaidUntil : PaidUntil;
                PaymentFailedAt = null;
                break;
            case RenewalStanding.PastDue:
                PaymentFailedAt ??= now;
                break;
            case RenewalStanding.Ended when HeldAt is null:
                End(CancelAtPeriodEnd ? SubscriptionEnd.Cancelled : SubscriptionEnd.PaymentFailed, now, now);
                RenewalTold = false;
                break;
        }

        return (before, EndedAt, PaymentFailedAt) switch
        {
            ((null, _), not null, _) => SubscriptionNews.Ended,
            ((_, null), _, not null) => SubscriptionNews.PaymentFailed,
            ((_, not null), _, null) => SubscriptionNews.PaymentMadeGood,
            _ => SubscriptionNews.Nothing,
        };
    }

    public LadderStep NextStep(DateTimeOffset now) => this switch
    {
        { TerminatedAt: not null } or { HeldAt: not null } => LadderStep.None,
        { EndedAt: null, CancelAtPeriodEnd: true } when now >= PaidUntil => LadderStep.End,
        { EndedAt: null } => LadderStep.None,
        { PausedAt: null } when now >= PausesAt => LadderStep.Pause,
        { PausedAt: null, PauseWarnedAt: null } when now >= PausesAt - Warning => LadderStep.WarnOfPause,
        { PausedAt: null } => LadderStep.None,
        { TerminationWarnedAt: null } when now >= TerminatesAt - Warning => LadderStep.WarnOfTermination,
        { TerminationWarnedAt: { } warned } when now >= TerminatesAt && now >= warned + Warning => LadderStep.Terminate,
        _ => LadderStep.None,
    };

    /// <param name="step">What <see cref="NextStep"/> said.</param>
    /// <param name="stopsServer">With <see cref="LadderStep.Pause"/>: the server ran.</param>
    /// <param name="now">The time it is.</param>
    public void Record(LadderStep step, bool stopsServer, DateTimeOffset now)
    {
        switch (step)
        {
            case LadderStep.End:
                // We may come late: what the customer was told stands.
                End(SubscriptionEnd.Cancelled, PaidUntil, now);
                break;
            case LadderStep.WarnOfPause:
                PauseWarnedAt = now;
                break;
            case LadderStep.Pause:
                PausedAt = now;
                StoppedByPause = stopsServer || StartOwed;
                StartOwed = false;
                if (now >= TerminatesAt - Warning)
                {
                    // So late that the mail about the pause is the warning too: a day is left from it.
                    WarnOfTermination(now);
                }

                break;
            case LadderStep.WarnOfTermination:
                WarnOfTermination(now);
                break;
            case LadderStep.Terminate:
                TerminatedAt = now;
                StartOwed = false;
                break;
        }
    }

    /// <summary>The payment went back: there is no grace for what was undone.</summary>
    public void Undo(DateTimeOffset now) => Close(SubscriptionEnd.Refunded, now);

    /// <summary>Over at once, without grace: nothing is left that it could pay for.</summary>
    public void Close(SubscriptionEnd reason, DateTimeOffset now)
    {
        EndReason ??= reason;
        EndedAt ??= now;
        TerminatedAt ??= now;
        StartOwed = false;
        if (reason == SubscriptionEnd.Refunded)
        {
            // A refund ends at the payment provider what would renew it.
            RenewalTold = false;
        }

        Schedule(now);
    }

    public Refusal? Hold(string reason, DateTimeOffset now)
    {
        if (TerminatedAt is not null)
        {
            return BillingRefusals.Terminated;
        }

        HeldAt ??= now;
        HeldReason = reason;
        Schedule(now);
        return null;
    }

    /// <summary>Moves on. A loss that came due meanwhile is warned of anew.</summary>
    public Refusal? Release(DateTimeOffset now)
    {
        if (HeldAt is null)
        {
            return BillingRefusals.NotHeld;
        }

        HeldAt = null;
        HeldReason = null;
        if (TerminatesAt - Warning <= now)
        {
            TerminationWarnedAt = null;
        }

        Schedule(now);
        return null;
    }

    public void RenewalWasTold(bool renewed) => RenewalTold = renewed;

    public void StartWasGiven() => StartOwed = false;

    /// <summary>Ends a worker's visit.</summary>
    /// <param name="again">Something stood in the way: not before then; null: as the ladder says.</param>
    /// <param name="now">The time it is.</param>
    public void Looked(DateTimeOffset? again, DateTimeOffset now)
    {
        LeaseUntil = null;
        DueAt = again ?? NextLook(now);
    }

    private void End(SubscriptionEnd reason, DateTimeOffset at, DateTimeOffset now)
    {
        EndedAt = at;
        EndReason = reason;
        CancelAtPeriodEnd = false;
        TellDates(at);
        Schedule(now);
    }

    private void TellDates(DateTimeOffset end)
    {
        PausesAt = end + Grace;
        TerminatesAt = end + Grace + Pause;
    }

    private void WarnOfTermination(DateTimeOffset now)
    {
        TerminationWarnedAt = now;
        TerminatesAt = TerminatesAt > now + Warning ? TerminatesAt : now + Warning;
    }

    private Refusal? NotNow() => this switch
    {
        { TerminatedAt: not null } => BillingRefusals.Terminated,
        { HeldAt: not null } => BillingRefusals.Held,
        _ => null,
    };

    private void Schedule(DateTimeOffset now) => DueAt = NextLook(now);

    private DateTimeOffset? NextLook(DateTimeOffset now)
    {
        if (StartOwed || OwesPlanNews || (RenewalTold != IsRenewed && Reference is not null))
        {
            return now;
        }

        var next = this switch
        {
            { TerminatedAt: not null } or { HeldAt: not null } => null,
            { EndedAt: null, CancelAtPeriodEnd: true } => PaidUntil,
            { EndedAt: null } => Later(PaidUntil + s_renewalSlack, PaymentFailedAt is null && PaidUntil > now ? now : now + s_betweenLooks),
            { PausedAt: null, PauseWarnedAt: null } => PausesAt - Warning,
            { PausedAt: null } => PausesAt,
            { TerminationWarnedAt: null } => TerminatesAt - Warning,
            _ => TerminatesAt,
        };
        return next is { } at && at < now ? now : next;
    }

    /// <summary>Its time is over and nobody told us what became of it: the payment provider is asked.</summary>
    public bool IsToBeAskedFor(DateTimeOffset now) =>
        EndedAt is null && TerminatedAt is null && !CancelAtPeriodEnd && Reference is not null && now >= PaidUntil + s_renewalSlack;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
