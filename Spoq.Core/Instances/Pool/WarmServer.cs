namespace Spoq.Core.Instances.Pool;

public enum WarmState
{
    /// <summary>Ordered ahead of need; no answer yet.</summary>
    Ordered,

    /// <summary>Wiped as far as the provider says; it may be claimed once that was seen.</summary>
    Spare,

    /// <summary>One instance is to have it: written before the provider is asked.</summary>
    Claimed,

    /// <summary>Final here: it is that instance's server now.</summary>
    Taken,

    /// <summary>Final: the rental ran out, or it could not be taken over.</summary>
    Gone,
}

/// <summary>A rented server without an instance, kept ready for the next one.</summary>
public sealed class WarmServer(Guid id, string provider, string region, string plan, DateTimeOffset keptAt)
{
    /// <summary>Who takes one must not see it run out before it is renewed.</summary>
    public static readonly TimeSpan LeastLeft = TimeSpan.FromHours(12);

    /// <summary>Longer than any visit lasts: a call that was sent for a claim has arrived by then, and cannot meet the next one.</summary>
    public static readonly TimeSpan ClaimRest = TimeSpan.FromMinutes(10);

    /// <summary>Also the mark of one that was bought ahead.</summary>
    public Guid Id { get; private set; } = id;

    public string Provider { get; private set; } = provider;

    public string Region { get; private set; } = region;

    /// <summary>Key of the plan it was bought for: tells its size.</summary>
    public string Plan { get; private set; } = plan;

    public WarmState State { get; private set; } = WarmState.Ordered;

    public string? Reference { get; private set; }

    public DateTimeOffset KeptAt { get; private set; } = keptAt;

    /// <summary>When the rental runs out by itself; null: it is renewed.</summary>
    public DateTimeOffset? PaidUntil { get; private set; }

    /// <summary>When it was seen to hold nothing of anybody's. Nobody gets one before.</summary>
    public DateTimeOffset? WipedAt { get; private set; }

    public Guid? ClaimedBy { get; private set; }

    public DateTimeOffset? ClaimedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Its answer is waited for anew.</summary>
    public void OrderAgain(DateTimeOffset now) => KeptAt = now;

    public void Keep(string reference, DateTimeOffset? paidUntil)
    {
        State = WarmState.Spare;
        Reference = reference;
        PaidUntil = paidUntil;
    }

    /// <summary>Nobody wants it any more: nobody is given it from here on, and its rental is to be ended.</summary>
    public void Dismiss(DateTimeOffset now) => PaidUntil = now;

    public void SeenWiped(DateTimeOffset now) => WipedAt ??= now;

    public bool MayBeClaimed(DateTimeOffset now) => State == WarmState.Spare && WipedAt is not null && (PaidUntil is null || PaidUntil - now >= LeastLeft);

    public void Claim(Guid instanceId, DateTimeOffset now)
    {
        State = WarmState.Claimed;
        ClaimedBy = instanceId;
        ClaimedAt = now;
    }

    /// <summary>Nothing came of the claim. What was done to it is not known, so its wipe must be seen again.</summary>
    public void GiveBack()
    {
        State = WarmState.Spare;
        WipedAt = null;
        ClaimedBy = null;
        ClaimedAt = null;
    }

    public void Taken(DateTimeOffset now)
    {
        State = WarmState.Taken;
        EndedAt = now;
    }

    public void Gone(DateTimeOffset now)
    {
        State = WarmState.Gone;
        EndedAt = now;
    }
}
