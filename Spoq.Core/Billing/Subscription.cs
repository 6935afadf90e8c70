namespace Spoq.Core.Billing;

/// <summary>What the right to a plan means for the server now.</summary>
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

/// <summary>The paid right to a plan on one instance. Resuming works at any time before termination.</summary>
public sealed class Subscription
{
    public static readonly TimeSpan Grace = TimeSpan.FromDays(7);

    public static readonly TimeSpan Pause = TimeSpan.FromDays(30);

    public Subscription(Guid id, Guid accountId, Guid instanceId, Guid checkoutIntentId, string plan, BillingInterval interval, DateTimeOffset startedAt)
    {
        Id = id;
        AccountId = accountId;
        InstanceId = instanceId;
        CheckoutIntentId = checkoutIntentId;
        Plan = plan;
        Interval = interval;
        StartedAt = startedAt;
        PaidUntil = interval == BillingInterval.Year ? startedAt.AddYears(1) : startedAt.AddMonths(1);
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

    /// <summary>When the right ended and grace began; null: it is in force.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>When it was over for good; null: it is not.</summary>
    public DateTimeOffset? TerminatedAt { get; private set; }

    public uint Version { get; private set; }

    /// <summary>Grace runs the server, pause keeps its data, then both are gone.</summary>
    public Standing At(DateTimeOffset now) => (EndedAt, TerminatedAt) switch
    {
        (_, not null) => Standing.Terminated,
        (null, _) => Standing.Active,
        ({ } ended, _) when now < ended + Grace => Standing.Cancelled,
        ({ } ended, _) when now < ended + Grace + Pause => Standing.Paused,
        _ => Standing.Terminated,
    };

    public void KnownAs(string? reference, string? customer)
    {
        Reference ??= reference;
        Customer ??= customer;
    }

    /// <summary>The payment went back: there is no grace for what was undone.</summary>
    public void Undo(DateTimeOffset now)
    {
        EndedAt ??= now;
        TerminatedAt ??= now;
    }
}
