using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <param name="Since">Null: it is off.</param>
/// <param name="CodesLeft">Recovery codes not used yet.</param>
public sealed record TwoFactorStatus(DateTimeOffset? Since, int CodesLeft)
{
    public bool IsOn => Since is not null;
}

/// <summary>A secret on offer. Nothing is stored until a code made with it comes back.</summary>
/// <param name="SetUp">Sealed; comes back with the code.</param>
/// <param name="Secret">For typing into an app.</param>
/// <param name="KeyUri">For the QR code.</param>
public sealed record TwoFactorOffer(string SetUp, string Secret, string KeyUri);

/// <summary>Turns two-factor sign-in on and off. Callers ask for a fresh sign-in first.</summary>
public sealed class TwoFactorService(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, AccountDesk desk)
{
    private const string SetUpPurpose = "two-factor-set-up";
    private const int Head = 16 + 8;

    private static readonly TimeSpan s_offerLife = TimeSpan.FromMinutes(30);

    public async Task<TwoFactorStatus> StatusAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var since = await db.Set<TwoFactor>().Where(row => row.AccountId == accountId).Select(row => (DateTimeOffset?)row.CreatedAt).SingleOrDefaultAsync(cancellationToken);
        return new TwoFactorStatus(since, await db.Set<RecoveryCode>().CountAsync(row => row.AccountId == accountId && row.UsedAt == null, cancellationToken));
    }

    public TwoFactorOffer Offer(Guid accountId, string email)
    {
        var offer = new byte[Head + Totp.SecretBytes];
        accountId.TryWriteBytes(offer);
        BinaryPrimitives.WriteInt64BigEndian(offer.AsSpan(16), desk.Now.ToUnixTimeSeconds());
        RandomNumberGenerator.Fill(offer.AsSpan(Head));
        return Shown(Base64Url.EncodeToString(secrets.Seal(offer, SetUpPurpose)), offer.AsSpan(Head), email);
    }

    /// <summary>The same offer again, after a wrong code; null: it is too old or not this account's.</summary>
    public TwoFactorOffer? Again(Guid accountId, string email, string? setUp) =>
        Open(accountId, setUp) is { } secret ? Shown(setUp!, secret, email) : null;

    /// <returns>The recovery codes, in clear for this once.</returns>
    public async Task<Result<IReadOnlyList<string>>> TurnOnAsync(Guid accountId, string? setUp, string? code, Caller caller, CancellationToken cancellationToken)
    {
        if (await desk.Limits.SecondStepAsync(accountId, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        if (Open(accountId, setUp) is not { } secret)
        {
            return AccountRefusals.SetUpOver;
        }

        if (Secret.ReadCode(code) is not { } digits)
        {
            return AccountRefusals.SecondStepMissing;
        }

        if (Totp.Match(secret, digits, desk.Now) is not { } step)
        {
            return AccountRefusals.SecondStepWrong;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        user.TwoFactorEnabled = true;
        db.Add(new TwoFactor(accountId, secrets.Seal(secret, SecondFactorService.Purpose), step, desk.Now));
        var codes = AddCodes(db, accountId);
        desk.Audit(db, accountId, "account.two_factor_on", "authenticator app", caller);
        desk.Mail(db, links => AccountMails.TwoFactorOn(user.Email!, links));
        try
        {
            await AccountDesk.SaveAsync(db, cancellationToken);
        }
        catch (DbUpdateException clash) when (clash.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } || clash is DbUpdateConcurrencyException)
        {
            return AccountRefusals.TwoFactorOn;
        }

        await desk.Limits.SecondStepDoneAsync(accountId, cancellationToken);
        return codes;
    }

    /// <summary>Earlier recovery codes are void.</summary>
    public async Task<Result<IReadOnlyList<string>>> RenewCodesAsync(Guid accountId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var factor = (await db.Set<TwoFactor>().FromSql($"select * from two_factors where account_id = {accountId} for update").ToListAsync(cancellationToken)).SingleOrDefault();
        if (factor is null)
        {
            return AccountRefusals.TwoFactorOff;
        }

        await db.Set<RecoveryCode>().Where(row => row.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);
        var codes = AddCodes(db, accountId);
        var email = await db.Users.Where(row => row.Id == accountId).Select(row => row.Email!).SingleAsync(cancellationToken);
        desk.Audit(db, accountId, "account.recovery_codes_made", $"{codes.Count} codes", caller);
        desk.Mail(db, links => AccountMails.RecoveryCodesRenewed(email, links));
        await AccountDesk.SaveAsync(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return codes;
    }

    public async Task<Refusal?> TurnOffAsync(Guid accountId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Set<TwoFactor>().Where(row => row.AccountId == accountId).ExecuteDeleteAsync(cancellationToken) == 0)
        {
            return AccountRefusals.TwoFactorOff;
        }

        var user = await db.Users.SingleAsync(row => row.Id == accountId, cancellationToken);
        user.TwoFactorEnabled = false;
        desk.Audit(db, accountId, "account.two_factor_off", "by its owner", caller);
        desk.Mail(db, links => AccountMails.TwoFactorOff(user.Email!, links));
        await AccountDesk.SaveAsync(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private static List<string> AddCodes(SpoqDbContext db, Guid accountId)
    {
        var codes = Enumerable.Range(0, TwoFactor.RecoveryCodes).Select(_ => RecoveryCode.Show(RandomNumberGenerator.GetBytes(RecoveryCode.Bytes))).ToList();
        db.AddRange(codes.Select(code => new RecoveryCode(Guid.CreateVersion7(), accountId, Secret.Hash(RecoveryCode.Read(code)))));
        return codes;
    }

    private static TwoFactorOffer Shown(string setUp, ReadOnlySpan<byte> secret, string email) => new(setUp, Totp.Text(secret), Totp.KeyUri(email, secret));

    private byte[]? Open(Guid accountId, string? setUp)
    {
        try
        {
            var offer = secrets.Open(Base64Url.DecodeFromChars(setUp ?? ""), SetUpPurpose);
            var at = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(offer.AsSpan(16)));
            return new Guid(offer.AsSpan(0, 16)) == accountId && desk.Now < at + s_offerLife ? offer[Head..] : null;
        }
        catch (Exception bad) when (bad is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
