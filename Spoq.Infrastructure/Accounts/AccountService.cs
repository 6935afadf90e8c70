using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

public sealed record AccountSummary(Guid Id, string Email, string? DisplayName, DateTimeOffset CreatedAt);

/// <summary>What a signed-in person does with their own account.</summary>
public sealed class AccountService(IDbContextFactory<SpoqDbContext> contexts, IPasswordHasher<User> hasher, AccountDesk desk)
{
    public async Task<AccountSummary?> FindAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.Where(user => user.Id == accountId)
            .Select(user => new AccountSummary(user.Id, user.Email!, user.DisplayName, user.CreatedAt)).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Where a person goes who signs in without a page in mind: on with the wizard they left, else home.</summary>
    public async Task<string> LandingAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hasInstance = await db.Instances.AnyAsync(
            instance => instance.AccountId == accountId && instance.State != InstanceState.Draft && instance.State != InstanceState.Cancelled && instance.State != InstanceState.Deleted,
            cancellationToken);
        var hasDraft = await db.Set<SetupDraft>().AnyAsync(draft => draft.AccountId == accountId && draft.ClosedAt == null, cancellationToken);
        return hasDraft && !hasInstance ? "/setup" : "/dashboard";
    }

    /// <param name="accountId">Whose.</param>
    /// <param name="name">Empty: none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Refusal?> RenameAsync(Guid accountId, string? name, CancellationToken cancellationToken)
    {
        var trimmed = name?.Trim() ?? "";
        if ((trimmed.Length > AccountRefusals.MaxNameLength ? AccountRefusals.NameTooLong : trimmed.Any(char.IsControl) ? AccountRefusals.NameUnprintable : null) is { } no)
        {
            return no;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        user.DisplayName = trimmed.Length == 0 ? null : trimmed;
        await db.SaveChangesAsync(cancellationToken);
        return null;
    }

    /// <summary>Every session ends, the caller's too: it must be opened again.</summary>
    public async Task<Refusal?> ChangePasswordAsync(Guid accountId, string? current, string? chosen, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.CurrentPasswordAsync(accountId, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        var isRight = current is { Length: > 0 and <= PasswordRule.MaxLength } && user.PasswordHash is { } hash
            && hasher.VerifyHashedPassword(user, hash, current) != PasswordVerificationResult.Failed;
        if (!isRight)
        {
            desk.Audit(db, accountId, "account.password_change_failed", "wrong current password", caller);
            await db.SaveChangesAsync(cancellationToken);
            return AccountRefusals.WrongPassword;
        }

        if (PasswordRule.Check(chosen, user.Email!) is { } no)
        {
            return no;
        }

        user.PasswordHash = hasher.HashPassword(user, chosen!);
        user.EndSessions();
        desk.Audit(db, accountId, "account.password_changed", "by its owner", caller);
        desk.MailPasswordChanged(db, user);
        await db.SaveChangesAsync(cancellationToken);
        return null;
    }

    /// <summary>Every session ends within a minute, the caller's too.</summary>
    public async Task SignOutEverywhereAsync(Guid accountId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        user.EndSessions();
        desk.Audit(db, accountId, "account.signed_out_everywhere", "by its owner", caller);
        await db.SaveChangesAsync(cancellationToken);
    }
}
