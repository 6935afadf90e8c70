using System.Net;

namespace Spoq.Core.Accounts;

/// <summary>A browser that is signed in. Its cookie names this row; when the row ends, the cookie is worth nothing.</summary>
public sealed class Session(Guid id, Guid accountId, string method, string agent, IPAddress? address, DateTimeOffset createdAt)
{
    /// <summary>As long as the cookie lives without being used.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30);

    /// <summary>How long a proof of who sits there counts for what is dangerous.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    /// <summary>Being seen again is written down at most this often.</summary>
    public static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    /// <summary>How it was opened; see <see cref="SignInMethod"/>.</summary>
    public string Method { get; private set; } = method;

    /// <summary>The browser, in words.</summary>
    public string Agent { get; private set; } = agent;

    /// <summary>Where it was last seen.</summary>
    public IPAddress? Address { get; private set; } = address;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    /// <summary>When its person last proved who they are.</summary>
    public DateTimeOffset AuthenticatedAt { get; private set; } = createdAt;

    public DateTimeOffset LastSeenAt { get; private set; } = createdAt;

    public DateTimeOffset? RevokedAt { get; private set; }

    public void Confirm(DateTimeOffset now) => AuthenticatedAt = now;
}

/// <summary>Ways to prove who one is, as they are stored.</summary>
public static class SignInMethod
{
    public const string Confirmation = "confirmation";
    public const string Password = "password";
    public const string Passkey = "passkey";
    private const string Code = "+code";

    public static string WithCode(string method) => method + Code;

    public static string Describe(string method) => method switch
    {
        Confirmation => "confirmed e-mail",
        "github" => "GitHub",
        "google" => "Google",
        _ when method.EndsWith(Code, StringComparison.Ordinal) => Describe(method[..^Code.Length]) + " and code",
        _ => method,
    };
}
