using Microsoft.Extensions.Logging;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops.Mail;

using System.Text.Json;
using Mail = Spoq.Core.Ops.Mail;

/// <summary>Mail leaves after the commit of what it tells of, encrypted while it waits.</summary>
public sealed class MailOutbox(Outbox outbox)
{
    public void Add(SpoqDbContext db, Mail mail) => outbox.Add(db, MailHandler.MailKind, mail);
}

internal sealed class MailHandler(IMailer mailer, ILogger<MailHandler> logger) : IOutboxHandler
{
    public const string MailKind = "mail";

    public string Kind => MailKind;

    public async Task HandleAsync(ReadOnlyMemory<byte> payload, Guid messageId, CancellationToken cancellationToken)
    {
        var mail = JsonSerializer.Deserialize<Mail>(payload.Span)!;
        try
        {
            await mailer.SendAsync(mail, messageId, cancellationToken);
        }
        catch (MailerException no) when (no.IsFinal)
        {
            logger.LogWarning("Mail {Id} was refused for good: {Reason}", messageId, no.Message);
        }
    }
}
