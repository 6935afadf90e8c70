using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Accounts;

/// <summary>What every service about people needs at hand: the time, the limits, the outbox and the audit log.</summary>
public sealed class AccountDesk(AccountLimits limits, Outbox outbox, MailOutbox mails, AuditLog audit, AccountLinks links, TimeProvider clock)
{
    internal AccountLimits Limits => limits;

    internal DateTimeOffset Now => clock.GetUtcNow();

    internal void Audit(SpoqDbContext db, Guid? accountId, string action, string detail, Caller caller) =>
        audit.Add(db, new AuditEntry(accountId, action, detail, caller.Address, caller.UserAgent));

    /// <summary>Saves the caller's work together with the order to write a mail.</summary>
    internal async Task MailLaterAsync<T>(SpoqDbContext db, string kind, T order, CancellationToken cancellationToken)
    {
        outbox.Add(db, kind, order);
        await db.SaveChangesAsync(cancellationToken);
        await Outbox.WakeAsync(db, cancellationToken);
    }

    /// <summary>Sent if and only if the caller's work is saved.</summary>
    internal void Mail(SpoqDbContext db, Func<AccountLinks, Mail> write) => mails.Add(db, write(links));

    /// <summary>Saves, and sends off at once what is to be mailed.</summary>
    internal static async Task SaveAsync(SpoqDbContext db, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        await Outbox.WakeAsync(db, cancellationToken);
    }
}
