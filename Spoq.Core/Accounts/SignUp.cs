using System.Security.Cryptography;

namespace Spoq.Core.Accounts;

/// <summary>
/// Somebody asked for an account and has yet to show that the e-mail address is theirs. Until then there is no
/// account: a stranger who signs up with your address leaves nothing that you could later walk into.
/// </summary>
public sealed class SignUp(Guid id, string email, string normalizedEmail, string passwordHash, string? next, DateTimeOffset createdAt)
{
    public const int MaxTries = 5;

    public static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(30);

    /// <summary>How long the sign-up itself, and the link in its newest mail, can be finished.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <summary>Becomes the account id.</summary>
    public Guid Id { get; private set; } = id;

    public string Email { get; private set; } = email;

    public string NormalizedEmail { get; private set; } = normalizedEmail;

    public string PasswordHash { get; private set; } = passwordHash;

    /// <summary>The local page where this person was heading.</summary>
    public string? Next { get; private set; } = next;

    /// <summary>SHA-256 of what the browser that signed up holds.</summary>
    public byte[] TicketHash { get; private set; } = [];

    /// <summary>The ticket itself, sealed: for a program that holds a token of this sign-up instead.</summary>
    public byte[] SealedTicket { get; private set; } = [];

    /// <summary>As its person wants to be called.</summary>
    public string? Name { get; private set; }

    /// <summary>HMAC of the six digits under the ticket: without the ticket, six digits would be guessed from a stolen table at once.</summary>
    public byte[] CodeHash { get; private set; } = [];

    /// <summary>SHA-256 of the secret in the mailed link.</summary>
    public byte[] LinkHash { get; private set; } = [];

    public int Tries { get; private set; }

    public DateTimeOffset CodeUntil { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? ConfirmedAt { get; private set; }

    /// <summary>A new mail is about to go out: what the last one held is void.</summary>
    public void Issue(byte[] ticketHash, byte[] codeHash, byte[] linkHash, DateTimeOffset now)
    {
        TicketHash = ticketHash;
        CodeHash = codeHash;
        LinkHash = linkHash;
        Tries = 0;
        CodeUntil = now + CodeLife;
    }

    public void KeepTicket(byte[] sealedTicket) => SealedTicket = sealedTicket;

    public bool IsOpen(DateTimeOffset now) => ConfirmedAt is null && now < CreatedAt + Life;

    /// <summary>Counts the try, also when it is right.</summary>
    public Refusal? TryCode(ReadOnlySpan<byte> codeHash, DateTimeOffset now)
    {
        if (Standing(now) is { } no)
        {
            return no;
        }

        if (now >= CodeUntil)
        {
            return AccountRefusals.CodeExpired;
        }

        if (Tries >= MaxTries)
        {
            return AccountRefusals.CodeLocked;
        }

        Tries++;
        if (!CryptographicOperations.FixedTimeEquals(codeHash, CodeHash))
        {
            return Tries == MaxTries ? AccountRefusals.CodeLocked : AccountRefusals.CodeWrong;
        }

        ConfirmedAt = now;
        return null;
    }

    /// <summary>The caller found this by the link's own hash.</summary>
    public Refusal? TakeLink(DateTimeOffset now)
    {
        var no = Standing(now);
        ConfirmedAt = no is null ? now : ConfirmedAt;
        return no;
    }

    public Refusal? Standing(DateTimeOffset now) =>
        ConfirmedAt is not null ? AccountRefusals.AlreadyConfirmed : IsOpen(now) ? null : AccountRefusals.SignUpGone;
}
