namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>What became of a webhook.</summary>
internal enum StripeInboxOutcome
{
    Waiting,
    Done,

    /// <summary>Kept, and nothing to do: an unknown type, or not about a checkout of ours.</summary>
    Ignored,

    /// <summary>Signed, yet not in a form we can read: kept for a person.</summary>
    Unreadable,
}

/// <summary>A webhook as it came, stored before it is answered.</summary>
internal sealed class StripeInboxEvent(Guid id, string eventId, string type, byte[] body, DateTimeOffset receivedAt)
{
    public const string Table = "stripe_inbox";

    public Guid Id { get; private set; } = id;

    /// <summary>Stripe's id: deliveries of the same event share it.</summary>
    public string EventId { get; private set; } = eventId;

    public string Type { get; private set; } = type;

    /// <summary>The raw body, sealed: it holds names and addresses of customers.</summary>
    public byte[] Body { get; private set; } = body;

    public DateTimeOffset ReceivedAt { get; private set; } = receivedAt;

    public StripeInboxOutcome Outcome { get; private set; }

    public DateTimeOffset? HandledAt { get; private set; }

    public string? LastError { get; private set; }

    public DateTimeOffset? DueAt { get; private set; } = receivedAt;

    public DateTimeOffset? LeaseUntil { get; private set; }

    public long LeaseToken { get; private set; }

    public int Attempts { get; private set; }

    public void Close(StripeInboxOutcome outcome, DateTimeOffset now)
    {
        Outcome = outcome;
        HandledAt = now;
        LastError = null;
        DueAt = null;
        LeaseUntil = null;
    }

    public void TryAgain(string reason, DateTimeOffset dueAt)
    {
        Attempts++;
        LastError = reason;
        DueAt = dueAt;
        LeaseUntil = null;
    }
}
