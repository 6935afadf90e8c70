namespace Spoq.Core.Ops;

/// <summary>The way out for mail. Nobody sends directly: mail goes through the outbox.</summary>
public interface IMailer
{
    /// <param name="mail">What to send.</param>
    /// <param name="messageId">The same at every try, so that receivers can drop repeats.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MailerException">It was not accepted.</exception>
    Task SendAsync(Mail mail, Guid messageId, CancellationToken cancellationToken);
}

/// <summary>A mail was not accepted.</summary>
public sealed class MailerException(string message, bool isFinal, Exception? inner) : Exception(message, inner)
{
    /// <summary>The receiver will never take it, as when there is no such mailbox: trying again only annoys.</summary>
    public bool IsFinal { get; } = isFinal;
}
