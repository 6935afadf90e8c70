using Microsoft.AspNetCore.Identity;

namespace Spoq.Infrastructure.Accounts;

/// <summary>An account: a person who signed up. Its id is the account id everywhere else.</summary>
public sealed class User : IdentityUser<Guid>
{
    public User() => Id = Guid.CreateVersion7();

    public string? DisplayName { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}
