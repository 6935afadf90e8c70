using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

public sealed record AccountSummary(Guid Id, string Email, string? DisplayName, bool HasPassword, DateTimeOffset CreatedAt);

/// <summary>What a signed-in person does with their own account.</summary>
public sealed class AccountService(IDbContextFactory<SpoqDbContext> contexts, IPasswordHasher<User> hasher, SessionService sessions, AccountDesk desk)
{
    public async Task<AccountSummary?> FindAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.Where(user => user.Id == accountId)
            .Select(user => new AccountSummary(user.Id, user.Email!, user.DisplayName, user.PasswordHash != null, user.CreatedAt)).SingleOrDefaultAsync(cancellationToken);
    }

    /// <exception cref="InvalidOperationException">The account is gone.</exception>
    public async Task<User> ReadAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.AsNoTracking().SingleAsync(user => user.Id == accountId, cancellationToken);
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

    /// <summary>Sets the first password, or a new one for who knows the current one. Every other session ends.</summary>
    /// <param name="accountId">Whose.</param>
    /// <param name="current">As typed; not looked at where there is no password yet.</param>
    /// <param name="chosen">As typed.</param>
    /// <param name="keptSessionId">The session of the browser that asks. Its cookie must be written anew.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Refusal?> ChangePasswordAsync(Guid accountId, string? current, string? chosen, Guid? keptSessionId, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.CurrentPasswordAsync(accountId, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        var isFirst = user.PasswordHash is null;
        if (!isFirst && !IsRight(user, current))
        {
            desk.Audit(db, accountId, "account.password_change_failed", "wrong current password", caller);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return AccountRefusals.WrongPassword;
        }

        if (PasswordRule.Check(chosen, user.Email!) is { } no)
        {
            return no;
        }

        user.PasswordHash = hasher.HashPassword(user, chosen!);
        user.EndSessions();
        desk.Audit(db, accountId, isFirst ? "account.password_set" : "account.password_changed", "by its owner", caller);
        desk.Mail(db, links => isFirst ? AccountMails.PasswordSet(user.Email!, links) : AccountMails.PasswordChanged(user.Email!, links));
        await AccountDesk.SaveAsync(db, cancellationToken);
        await sessions.EndOthersAsync(db, accountId, keptSessionId, caller, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>Whether this is the account's password; wrong ones are counted and written down.</summary>
    public async Task<Refusal?> CheckPasswordAsync(Guid accountId, string? password, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.CurrentPasswordAsync(accountId, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        if (IsRight(user, password))
        {
            await desk.Limits.CurrentPasswordDoneAsync(accountId, cancellationToken);
            return null;
        }

        desk.Audit(db, accountId, "account.confirm_failed", "wrong password", caller);
        await db.SaveChangesAsync(cancellationToken);
        return AccountRefusals.NotYourPassword;
    }

    private bool IsRight(User user, string? password) =>
        password is { Length: > 0 and <= PasswordRule.MaxLength } && user.PasswordHash is { } hash
        && hasher.VerifyHashedPassword(user, hash, password) != PasswordVerificationResult.Failed;
}
