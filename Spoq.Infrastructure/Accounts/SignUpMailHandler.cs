using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Accounts;

internal sealed record SignUpMail(string Email, string Code, string Link);

/// <summary>Decides, out of the stranger's sight, what the owner of the address is told.</summary>
internal sealed class SignUpMailHandler(IDbContextFactory<SpoqDbContext> contexts, MailOutbox mails, AccountLinks links, TimeProvider clock) : IOutboxHandler
{
    public const string MailKind = "sign_up_mail";

    public string Kind => MailKind;

    public async Task HandleAsync(ReadOnlyMemory<byte> payload, Guid messageId, CancellationToken cancellationToken)
    {
        var order = JsonSerializer.Deserialize<SignUpMail>(payload.Span)!;
        var normalized = User.Normalize(order.Email);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var isTaken = await db.Users.AnyAsync(user => user.NormalizedEmail == normalized, cancellationToken);
        mails.Add(db, isTaken
            ? AccountMails.AlreadyThere(order.Email, links.Login, links.Forgot)
            : AccountMails.Confirm(order.Email, order.Code, links.Confirm(order.Link)));
        await db.SaveChangesAsync(cancellationToken);
        await Outbox.WakeAsync(db, cancellationToken);

        // Sign-ups that nobody finished hold a stranger's address: they are not kept.
        var stale = clock.GetUtcNow() - 2 * SignUp.Life;
        await db.Set<SignUp>().Where(signUp => signUp.CreatedAt < stale).ExecuteDeleteAsync(cancellationToken);
    }
}
