using System.Net;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops;

/// <summary>Append-only: who did what to access, money or servers.</summary>
/// <param name="action">Stable, dotted, such as <c>account.signed_in</c>.</param>
/// <param name="detail">In words, without secrets.</param>
public sealed class AuditEntry(Guid? accountId, string action, string detail, IPAddress? address, string? userAgent)
{
    public long Id { get; private set; }

    public DateTimeOffset At { get; internal set; }

    /// <summary>Whose account it happened to; null: nobody's we know.</summary>
    public Guid? AccountId { get; private set; } = accountId;

    public string Action { get; private set; } = action;

    public string Detail { get; private set; } = detail;

    public IPAddress? Address { get; private set; } = address;

    public string? UserAgent { get; private set; } = userAgent is { Length: > 256 } ? userAgent[..256] : userAgent;
}

/// <summary>Writes entries in the transaction of what they tell of.</summary>
public sealed class AuditLog(TimeProvider clock)
{
    public void Add(SpoqDbContext db, AuditEntry entry)
    {
        entry.At = clock.GetUtcNow();
        db.Add(entry);
    }
}
