using Microsoft.EntityFrameworkCore;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Accounts;

/// <summary>Mail to whoever an account belongs to, sent if and only if the caller's transaction commits.</summary>
public sealed class AccountPost(MailOutbox mails, AccountLinks links)
{
    internal async Task AddAsync(SpoqDbContext db, Guid accountId, Func<string, AccountLinks, Mail> write, CancellationToken cancellationToken)
    {
        // An erased account has no address any more, and nobody to tell.
        if (await db.Users.Where(user => user.Id == accountId).Select(user => user.Email).SingleOrDefaultAsync(cancellationToken) is { } email)
        {
            mails.Add(db, write(email, links));
            await Outbox.WakeAsync(db, cancellationToken);
        }
    }
}
