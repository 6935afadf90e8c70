using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.Options;
using Spoq.Core.Ops;

namespace Spoq.Infrastructure.Ops.Mail;

using Mail = Spoq.Core.Ops.Mail;

internal sealed class SmtpMailer(IOptions<SmtpOptions> options) : IMailer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SmtpOptions _options = options.Value;

    public async Task SendAsync(Mail mail, Guid messageId, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient(_options.Host, _options.Port) { EnableSsl = _options.StartTls };
        if (_options.Username is { Length: > 0 } username)
        {
            client.Credentials = new NetworkCredential(username, _options.Password);
        }

        var from = new MailAddress(_options.From!);
        using var message = new MailMessage(from, new MailAddress(mail.To))
        {
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text,
            BodyEncoding = Encoding.UTF8,
        };
        message.Headers.Add("Message-ID", $"<{messageId}@{from.Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (mail.Html is { } html)
        {
            message.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(html, Encoding.UTF8, MediaTypeNames.Text.Html));
        }

        // The client's own timeout is for its synchronous methods only.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            await client.SendMailAsync(message, patience.Token);
        }
        catch (SmtpException no)
        {
            throw new MailerException(no.StatusCode.ToString(), IsFinal(no.StatusCode), no);
        }
        catch (OperationCanceledException no) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MailerException("The mail server did not answer in time.", false, no);
        }
    }

    private static bool IsFinal(SmtpStatusCode status) =>
        status is SmtpStatusCode.MailboxUnavailable or SmtpStatusCode.MailboxNameNotAllowed or SmtpStatusCode.UserNotLocalTryAlternatePath;
}
