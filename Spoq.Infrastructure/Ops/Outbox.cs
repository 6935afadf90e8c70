using System.Text.Json;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops;

/// <summary>What leaves the house after a commit: written in the caller's transaction, delivered at least once.</summary>
public sealed class Outbox(SecretBox secrets, TimeProvider clock)
{
    internal const string Purpose = "outbox";

    /// <summary>Adds a message to the caller's unit of work; the worker hears of it by the next poll or <see cref="WakeAsync"/>.</summary>
    public Guid Add<T>(SpoqDbContext db, string kind, T payload) => Add(db, kind, JsonSerializer.SerializeToUtf8Bytes(payload));

    public Guid Add(SpoqDbContext db, string kind, byte[] payload)
    {
        var message = new OutboxMessage(Guid.CreateVersion7(), kind, secrets.Seal(payload, Purpose), clock.GetUtcNow());
        db.Add(message);
        return message.Id;
    }

    /// <summary>Makes the worker look at once; call it before the commit, in the same transaction or right after the save.</summary>
    public static Task WakeAsync(SpoqDbContext db, CancellationToken cancellationToken) =>
        Notices.PublishAsync(db, DueWorker.WakeChannel(OutboxMessage.Table), "", cancellationToken);
}

/// <summary>Delivers one kind of message. Delivery may repeat: use the message id where the receiver can.</summary>
public interface IOutboxHandler
{
    string Kind { get; }

    /// <exception cref="Exception">Any: the message is tried again later, with growing waits.</exception>
    Task HandleAsync(ReadOnlyMemory<byte> payload, Guid messageId, CancellationToken cancellationToken);
}

/// <summary>A sealed message; its payload is dropped once delivered.</summary>
public sealed class OutboxMessage(Guid id, string kind, byte[]? payload, DateTimeOffset createdAt)
{
    public const string Table = "outbox";

    public Guid Id { get; private set; } = id;

    public string Kind { get; private set; } = kind;

    public byte[]? Payload { get; private set; } = payload;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? DueAt { get; private set; } = createdAt;

    public DateTimeOffset? LeaseUntil { get; private set; }

    public long LeaseToken { get; private set; }

    public int Attempts { get; private set; }

    public string? LastError { get; private set; }

    public DateTimeOffset? DeliveredAt { get; private set; }
}
