using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops;

/// <summary>Delivers the outbox. A receiver that is away costs waits, never messages.</summary>
public sealed class OutboxWorker(DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, IEnumerable<IOutboxHandler> handlers)
    : DueWorker(services, OutboxMessage.Table)
{
    private readonly Dictionary<string, IOutboxHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);
    private readonly ILogger _logger = services.Logger;

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var message = await db.Set<OutboxMessage>().AsNoTracking().SingleAsync(row => row.Id == claim.Id, cancellationToken);
        var mine = db.Set<OutboxMessage>().Where(row => row.Id == claim.Id && row.LeaseToken == claim.LeaseToken);
        try
        {
            var payload = secrets.Open(message.Payload ?? [], Outbox.Purpose);
            await _handlers[message.Kind].HandleAsync(payload, message.Id, cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            var attempts = message.Attempts + 1;
            var due = Clock.GetUtcNow() + Backoff.After(attempts, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), Random.Shared.NextDouble());
            _logger.LogWarning("Outbox {Kind} {Id} was not delivered at try {Attempt}: {Reason}", message.Kind, message.Id, attempts, error.GetType().Name);
            await mine.ExecuteUpdateAsync(
                row => row.SetProperty(m => m.Attempts, attempts).SetProperty(m => m.LastError, error.GetType().Name)
                    .SetProperty(m => m.DueAt, due).SetProperty(m => m.LeaseUntil, (DateTimeOffset?)null),
                cancellationToken);
            return;
        }

        // The payload may hold codes and links: it is of no more use.
        await mine.ExecuteUpdateAsync(
            row => row.SetProperty(m => m.Payload, (byte[]?)null).SetProperty(m => m.DeliveredAt, Clock.GetUtcNow())
                .SetProperty(m => m.DueAt, (DateTimeOffset?)null).SetProperty(m => m.LeaseUntil, (DateTimeOffset?)null),
            CancellationToken.None);
    }
}
