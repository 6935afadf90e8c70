using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <summary>Who a provider says is there.</summary>
/// <param name="Issuer">Who says it.</param>
/// <param name="Subject">The provider's own id of the person: it stays when names and addresses change.</param>
/// <param name="Name">How the person recognises that login.</param>
/// <param name="Email">An address that the provider verified; null: it has none for us.</param>
public sealed record ExternalIdentity(string Slug, string Issuer, string Subject, string Name, string? Email);

public sealed record LinkedLogin(string Issuer, string Subject, string Provider, string Name, DateTimeOffset LinkedAt);

/// <summary>A provider's word opened an account, or (null) there is an account with that address whose owner must say yes first.</summary>
public sealed record ExternalAnswer(LoggedIn? LoggedIn, bool IsNew = false);

/// <summary>
/// Sign-in through others. The rules are in docs/decisions/0012: an identity opens the account it was linked to and no
/// other; a verified address makes a new account or asks to link; an unverified one does nothing.
/// </summary>
public sealed class ExternalLoginService(IDbContextFactory<SpoqDbContext> contexts, SignInProviders providers, Welcome welcome, AccountDesk desk)
{
    internal const string LinkedAt = "LinkedAt";

    public async Task<Result<ExternalAnswer>> SignInAsync(ExternalIdentity identity, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.CodeAsync(caller, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var email = identity.Email is not null && EmailAddress.Check(identity.Email).Try(out var address, out _) ? address : null;
        var normalized = User.Normalize(email ?? "");
        var isTaken = await db.Users.AnyAsync(user => user.NormalizedEmail == normalized && user.EmailConfirmed, cancellationToken);

        // Looked up after the address: an account that this very identity made meanwhile is found with it.
        if (await FindAsync(db, identity, cancellationToken) is { } linked)
        {
            var user = await db.Users.SingleAsync(row => row.Id == linked.UserId, cancellationToken);
            return (await welcome.InAsync(db, user, identity.Slug, caller, cancellationToken)).Try(out var loggedIn, out var no) ? new ExternalAnswer(loggedIn) : no;
        }

        if (email is null)
        {
            desk.Audit(db, null, "account.sign_in_failed", $"{providers.NameOf(identity.Issuer)} gave no verified address", caller);
            await db.SaveChangesAsync(cancellationToken);
            return AccountRefusals.NoVerifiedEmail(providers.NameOf(identity.Issuer));
        }

        return isTaken ? new ExternalAnswer(null) : await CreateAsync(db, identity, email, caller, cancellationToken);
    }

    /// <summary>The account's owner, freshly signed in, said yes.</summary>
    public async Task<Refusal?> LinkAsync(Guid accountId, ExternalIdentity identity, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, identity, cancellationToken) is { } there)
        {
            return there.UserId == accountId ? null : AccountRefusals.LoginTaken;
        }

        var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email!).SingleAsync(cancellationToken);
        Add(db, accountId, identity);
        desk.Audit(db, accountId, "account.login_linked", Describe(identity), caller);
        desk.Mail(db, links => AccountMails.LoginLinked(email, Describe(identity), links));
        try
        {
            await AccountDesk.SaveAsync(db, cancellationToken);
            return null;
        }
        catch (DbUpdateException clash) when (IsTaken(clash))
        {
            return AccountRefusals.LoginTaken;
        }
    }

    public async Task<Refusal?> UnlinkAsync(Guid accountId, string? issuer, string? subject, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var ways = await WaysIn.LockAsync(db, accountId, cancellationToken);
        var login = await db.UserLogins.SingleOrDefaultAsync(row => row.UserId == accountId && row.LoginProvider == issuer && row.ProviderKey == subject, cancellationToken);
        if ((login is null ? AccountRefusals.LoginGone : ways.Count == 1 ? AccountRefusals.LastWayIn : null) is { } no)
        {
            return no;
        }

        db.UserLogins.Remove(login!);
        var name = $"{providers.NameOf(login!.LoginProvider)} ({login.ProviderDisplayName})";
        var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email!).SingleAsync(cancellationToken);
        desk.Audit(db, accountId, "account.login_unlinked", name, caller);
        desk.Mail(db, links => AccountMails.LoginUnlinked(email, name, links));
        await AccountDesk.SaveAsync(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    public async Task<IReadOnlyList<LinkedLogin>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var logins = await db.UserLogins.Where(row => row.UserId == accountId).OrderBy(row => EF.Property<DateTimeOffset>(row, LinkedAt))
            .Select(row => new { row.LoginProvider, row.ProviderKey, row.ProviderDisplayName, At = EF.Property<DateTimeOffset>(row, LinkedAt) }).ToListAsync(cancellationToken);
        return [.. logins.Select(row => new LinkedLogin(row.LoginProvider, row.ProviderKey, providers.NameOf(row.LoginProvider), row.ProviderDisplayName ?? "", row.At))];
    }

    /// <summary>Whether this identity opens this very account.</summary>
    public async Task<bool> OpensAsync(Guid accountId, ExternalIdentity identity, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return (await FindAsync(db, identity, cancellationToken))?.UserId == accountId;
    }

    private async Task<Result<ExternalAnswer>> CreateAsync(SpoqDbContext db, ExternalIdentity identity, string email, Caller caller, CancellationToken cancellationToken)
    {
        var user = User.Confirmed(Guid.CreateVersion7(), email, null, desk.Now);
        db.Users.Add(user);
        Add(db, user.Id, identity);
        desk.Audit(db, user.Id, "account.created", $"{Describe(identity)} verified the e-mail address", caller);
        try
        {
            return (await welcome.InAsync(db, user, identity.Slug, caller, cancellationToken)).Try(out var loggedIn, out var no) ? new ExternalAnswer(loggedIn, IsNew: true) : no;
        }
        catch (DbUpdateException clash) when (IsTaken(clash))
        {
            // Somebody else's sign-up with this address, or the same press of the button, came first.
            await using var after = await contexts.CreateDbContextAsync(cancellationToken);
            return await FindAsync(after, identity, cancellationToken) is { } same
                && (await welcome.InAsync(after, await after.Users.SingleAsync(row => row.Id == same.UserId, cancellationToken), identity.Slug, caller, cancellationToken)).Try(out var loggedIn, out _)
                ? new ExternalAnswer(loggedIn)
                : new ExternalAnswer(null);
        }
    }

    private void Add(SpoqDbContext db, Guid accountId, ExternalIdentity identity)
    {
        var login = db.UserLogins.Add(new IdentityUserLogin<Guid> { UserId = accountId, LoginProvider = identity.Issuer, ProviderKey = identity.Subject, ProviderDisplayName = identity.Name });
        login.Property(LinkedAt).CurrentValue = desk.Now;
    }

    private string Describe(ExternalIdentity identity) => $"{providers.NameOf(identity.Issuer)} ({identity.Name})";

    private static Task<IdentityUserLogin<Guid>?> FindAsync(SpoqDbContext db, ExternalIdentity identity, CancellationToken cancellationToken) =>
        db.UserLogins.AsNoTracking().SingleOrDefaultAsync(login => login.LoginProvider == identity.Issuer && login.ProviderKey == identity.Subject, cancellationToken);

    private static bool IsTaken(DbUpdateException clash) => clash.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };
}
