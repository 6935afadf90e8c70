using Microsoft.AspNetCore.Identity;

namespace Spoq.Infrastructure.Accounts;

/// <summary>An account: a person who signed up and confirmed the address. Its id is the account id everywhere else.</summary>
public sealed class User : IdentityUser<Guid>
{
    public const string AdminRole = "admin";

    public User() => Id = Guid.CreateVersion7();

    public string? DisplayName { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>As Identity's own normalizer does it; checked addresses are ASCII.</summary>
    internal static string Normalize(string email) => email.ToUpperInvariant();

    internal static User Confirmed(Guid id, string email, string? passwordHash, DateTimeOffset now) => new()
    {
        Id = id,
        Email = email,
        NormalizedEmail = Normalize(email),
        UserName = email,
        NormalizedUserName = Normalize(email),
        EmailConfirmed = true,
        LockoutEnabled = true,
        PasswordHash = passwordHash,
        SecurityStamp = Secret.New(),
        CreatedAt = now,
    };

    /// <summary>A new stamp ends every session that carries the old one.</summary>
    internal void EndSessions()
    {
        SecurityStamp = Secret.New();
        ConcurrencyStamp = Guid.NewGuid().ToString();
    }
}
