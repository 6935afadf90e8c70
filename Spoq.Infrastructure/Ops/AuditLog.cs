using System.Net;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops;

/// <summary>Append-only: who did what to access, money or servers.</summary>
/// <param name="action">Stable, dotted, such as <c>account.signed_in</c>.</param>
/// <param name="detail">In words, without secrets.</param>
public sealed class AuditEntry(Guid? accountId, string action, string detail, IPAddress? address, string? userAgent)
{
    private const int LongestAgent = 256;

    public long Id { get; private set; }

    public DateTimeOffset At { get; internal set; }

    /// <summary>Whose account it happened to; null: nobody's we know.</summary>
    public Guid? AccountId { get; private set; } = accountId;

    public string Action { get; private set; } = action;

    public string Detail { get; private set; } = detail;

    public IPAddress? Address { get; private set; } = address;

    public string? UserAgent { get; private set; } = userAgent is { Length: > LongestAgent } ? Cut(userAgent) : userAgent;

    /// <summary>Never through the middle of a character: half of one cannot be stored.</summary>
    private static string Cut(string text) => text[..(char.IsHighSurrogate(text[LongestAgent - 1]) ? LongestAgent - 1 : LongestAgent)];
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
