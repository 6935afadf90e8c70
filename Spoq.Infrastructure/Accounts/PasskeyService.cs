using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Accounts;

/// <param name="Id">The credential id in base64url.</param>
public sealed record PasskeyView(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, bool IsSynced);

/// <summary>The passkeys of an account. What a browser signed is checked before it comes here.</summary>
public sealed class PasskeyService(IDbContextFactory<SpoqDbContext> contexts, Welcome welcome, AccountDesk desk)
{
    internal const string LastUsedAt = "LastUsedAt";
    private const int MaxPasskeys = 20;
    private const int MaxName = 60;

    /// <summary>Longer than a challenge lives.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromHours(2);

    public async Task<IReadOnlyList<PasskeyView>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Set<IdentityUserPasskey<Guid>>().AsNoTracking().Where(row => row.UserId == accountId)
            .Select(row => new { row.CredentialId, row.Data, At = EF.Property<DateTimeOffset?>(row, LastUsedAt) }).ToListAsync(cancellationToken);
        return [.. rows.OrderBy(row => row.Data.CreatedAt).Select(row => new PasskeyView(Base64Url.EncodeToString(row.CredentialId), row.Data.Name ?? "Passkey", row.Data.CreatedAt, row.At, row.Data.IsBackedUp))];
    }

    /// <summary>A challenge answers once, whoever brings it again (WebAuthn, 13.4.3).</summary>
    public async Task<bool> SpendAsync(string challenge, CancellationToken cancellationToken)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(challenge));
        var now = desk.Now;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<SpentChallenge>().Where(row => row.At < now - s_kept).ExecuteDeleteAsync(cancellationToken);
        return await db.Database.ExecuteSqlAsync($"insert into spent_challenges (hash, at) values ({hash}, {now}) on conflict do nothing", cancellationToken) == 1;
    }

    public async Task<Refusal?> AddAsync(Guid accountId, UserPasskeyInfo passkey, string? name, Caller caller, CancellationToken cancellationToken)
    {
        if (!ReadName(name).Try(out var called, out var no))
        {
            return no;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if ((await WaysIn.LockAsync(db, accountId, cancellationToken)).Passkeys >= MaxPasskeys)
        {
            return AccountRefusals.TooManyPasskeys;
        }

        passkey.Name = called;
        db.Add(new IdentityUserPasskey<Guid> { UserId = accountId, CredentialId = passkey.CredentialId, Data = Data(passkey) });
        var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email!).SingleAsync(cancellationToken);
        desk.Audit(db, accountId, "account.passkey_added", called, caller);
        desk.Mail(db, links => AccountMails.PasskeyAdded(email, called, links));
        try
        {
            await AccountDesk.SaveAsync(db, cancellationToken);
        }
        catch (DbUpdateException clash) when (clash.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return AccountRefusals.PasskeyThere;
        }

        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    public async Task<Refusal?> RenameAsync(Guid accountId, string? id, string? name, Caller caller, CancellationToken cancellationToken)
    {
        if (!ReadName(name).Try(out var called, out var no))
        {
            return no;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, accountId, id, cancellationToken) is not { } passkey)
        {
            return AccountRefusals.PasskeyGone;
        }

        passkey.Data.Name = called;
        desk.Audit(db, accountId, "account.passkey_renamed", called, caller);
        await db.SaveChangesAsync(cancellationToken);
        return null;
    }

    public async Task<Refusal?> RemoveAsync(Guid accountId, string? id, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var ways = await WaysIn.LockAsync(db, accountId, cancellationToken);
        var passkey = await FindAsync(db, accountId, id, cancellationToken);
        if ((passkey is null ? AccountRefusals.PasskeyGone : ways.Count == 1 ? AccountRefusals.LastWayIn : null) is { } no)
        {
            return no;
        }

        var name = passkey!.Data.Name ?? "Passkey";
        var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email!).SingleAsync(cancellationToken);
        db.Remove(passkey);
        desk.Audit(db, accountId, "account.passkey_removed", name, caller);
        desk.Mail(db, links => AccountMails.PasskeyRemoved(email, name, links));
        await AccountDesk.SaveAsync(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>The passkey proved its account: it signs in, or confirms who sits there.</summary>
    /// <param name="accountId">Whose passkey it is.</param>
    /// <param name="passkey">With the counter and flags of its newest answer.</param>
    /// <param name="isSignIn">False: only what the passkey told is kept.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Result<LoggedIn>> UseAsync(Guid accountId, UserPasskeyInfo passkey, bool isSignIn, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Set<IdentityUserPasskey<Guid>>().SingleOrDefaultAsync(row => row.UserId == accountId && row.CredentialId == passkey.CredentialId, cancellationToken) is not { } row)
        {
            return AccountRefusals.PasskeyRefused;
        }

        row.Data.SignCount = passkey.SignCount;
        row.Data.IsBackedUp = passkey.IsBackedUp;
        row.Data.IsUserVerified = passkey.IsUserVerified;
        db.Entry(row).Property(LastUsedAt).CurrentValue = desk.Now;
        if (!isSignIn)
        {
            await db.SaveChangesAsync(cancellationToken);
            return new LoggedIn(accountId, null);
        }

        var user = await db.Users.SingleAsync(one => one.Id == accountId, cancellationToken);
        return await welcome.InAsync(db, user, SignInMethod.Passkey, caller, cancellationToken);
    }

    public async Task RefusedAsync(string reason, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        desk.Audit(db, null, "account.sign_in_failed", "passkey: " + reason, caller);
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Asked before anything is computed for a stranger.</summary>
    public Task<Refusal?> KnockAsync(Caller caller, CancellationToken cancellationToken) => desk.Limits.CodeAsync(caller, cancellationToken);

    public async Task<WaysIn> WaysInAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await WaysIn.CountAsync(db, accountId, cancellationToken);
    }

    private static async Task<IdentityUserPasskey<Guid>?> FindAsync(SpoqDbContext db, Guid accountId, string? id, CancellationToken cancellationToken)
    {
        if (!Base64Url.IsValid(id ?? ""))
        {
            return null;
        }

        var credentialId = Base64Url.DecodeFromChars(id ?? "");
        return await db.Set<IdentityUserPasskey<Guid>>().SingleOrDefaultAsync(row => row.UserId == accountId && row.CredentialId == credentialId, cancellationToken);
    }

    private static Result<string> ReadName(string? name)
    {
        var trimmed = name?.Trim() ?? "";
        return trimmed.Length is 0 or > MaxName || trimmed.Any(char.IsControl) ? AccountRefusals.PasskeyName : trimmed;
    }

    private static IdentityPasskeyData Data(UserPasskeyInfo passkey) => new()
    {
        Name = passkey.Name,
        PublicKey = passkey.PublicKey,
        CreatedAt = passkey.CreatedAt,
        SignCount = passkey.SignCount,
        Transports = passkey.Transports,
        IsUserVerified = passkey.IsUserVerified,
        IsBackupEligible = passkey.IsBackupEligible,
        IsBackedUp = passkey.IsBackedUp,
        AttestationObject = passkey.AttestationObject,
        ClientDataJson = passkey.ClientDataJson,
    };
}

internal sealed class SpentChallenge(byte[] hash, DateTimeOffset at)
{
    public byte[] Hash { get; private set; } = hash;

    public DateTimeOffset At { get; private set; } = at;
}

internal sealed class SpentChallengeTable : IEntityTypeConfiguration<SpentChallenge>
{
    public void Configure(EntityTypeBuilder<SpentChallenge> builder)
    {
        builder.ToTable("spent_challenges");
        builder.HasKey(challenge => challenge.Hash);
        builder.HasIndex(challenge => challenge.At);
    }
}
