namespace Spoq.Infrastructure.Ops.Mail;

/// <summary>A mail that development kept instead of sending.</summary>
public sealed class LocalMail(Guid id, string to, string subject, string text, string? html, DateTimeOffset sentAt)
{
    public Guid Id { get; private set; } = id;

    public string To { get; private set; } = to;

    public string Subject { get; private set; } = subject;

    public string Text { get; private set; } = text;

    public string? Html { get; private set; } = html;

    public DateTimeOffset SentAt { get; private set; } = sentAt;
}
