using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Accounts;

internal sealed record PasswordResetMail(string Email);

/// <summary>The asking page knows nothing of accounts; this does, and mails a link where there is one.</summary>
internal sealed class PasswordResetMailHandler(IDbContextFactory<SpoqDbContext> contexts, MailOutbox mails, AccountLinks links, TimeProvider clock) : IOutboxHandler
{
    public const string MailKind = "password_reset_mail";

    public string Kind => MailKind;

    public async Task HandleAsync(ReadOnlyMemory<byte> payload, Guid messageId, CancellationToken cancellationToken)
    {
        var normalized = User.Normalize(JsonSerializer.Deserialize<PasswordResetMail>(payload.Span)!.Email);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(row => row.NormalizedEmail == normalized, cancellationToken);
        if (user is null)
        {
            return;
        }

        var token = Secret.New();
        db.Add(new PasswordReset(Guid.CreateVersion7(), user.Id, Secret.Hash(token), clock.GetUtcNow()));
        mails.Add(db, AccountMails.Reset(user.Email!, links.Reset(token)));
        await db.SaveChangesAsync(cancellationToken);
        await Outbox.WakeAsync(db, cancellationToken);
    }
}
