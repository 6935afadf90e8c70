using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>The account of a token, also while it is only a sign-up.</summary>
public sealed record ProgramAccount(Guid Id, string Email, string? Name, bool IsConfirmed, bool HasTwoFactor, IReadOnlyList<string> Roles, DateTimeOffset CreatedAt);

/// <summary>What programs do about the e-mail address of the account whose token they hold.</summary>
public sealed class ProgramAccounts(IDbContextFactory<SpoqDbContext> contexts, SignUpService signUps, AccountDesk desk)
{
    public async Task<Result<ProgramAccount>> FindAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(row => row.Id == accountId, cancellationToken) is { } user)
        {
            var roles = await db.UserRoles.Where(role => role.UserId == accountId).Join(db.Roles, role => role.RoleId, role => role.Id, (_, role) => role.Name!).ToListAsync(cancellationToken);
            return new ProgramAccount(user.Id, user.Email!, user.DisplayName, true, user.TwoFactorEnabled, roles, user.CreatedAt);
        }

        return await db.Set<SignUp>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == accountId, cancellationToken) is { } signUp
            ? new ProgramAccount(signUp.Id, signUp.Email, signUp.Name, false, false, [], signUp.CreatedAt)
            : AccountRefusals.SignUpGone;
    }

    /// <summary>The six digits of the mail, by whoever holds a token of the sign-up.</summary>
    public async Task<Result<Confirmed>> ConfirmByCodeAsync(Guid signUpId, string? code, Caller caller, CancellationToken cancellationToken) =>
        await signUps.ConfirmByCodeAsync(await signUps.FindTicketAsync(signUpId, cancellationToken), code, new SignUpProof(null, HolderId: signUpId), caller, cancellationToken);

    /// <summary>The six digits of the mail, by whoever knows the password that was chosen at sign-up. An address without a sign-up looks like a wrong password.</summary>
    public async Task<Result<Confirmed>> ConfirmByCodeAsync(string? email, string? password, string? code, Caller caller, CancellationToken cancellationToken)
    {
        if (!EmailAddress.Check(email).Try(out var address, out var no))
        {
            return no;
        }

        if ((string.IsNullOrEmpty(password) ? AccountRefusals.SignUpPasswordNeeded : Secret.ReadCode(code) is null ? AccountRefusals.CodeMissing : null) is { } missing)
        {
            return missing;
        }

        if (await desk.Limits.LoginAsync(caller, address, isKnownBrowser: false, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        return await signUps.FindTicketAsync(User.Normalize(address), cancellationToken) is { } ticket
            ? await signUps.ConfirmByCodeAsync(ticket, code, new SignUpProof(null, password), caller, cancellationToken)
            : signUps.PretendToProve(password!);
    }

    public async Task<Refusal?> ResendAsync(Guid signUpId, Caller caller, CancellationToken cancellationToken) =>
        await signUps.ResendAsync(await signUps.FindTicketAsync(signUpId, cancellationToken), caller, cancellationToken);

    /// <summary>For whoever holds nothing: the same answer, by the same work, whether or not such a sign-up is open.</summary>
    public async Task<Refusal?> ResendAsync(string? email, Caller caller, CancellationToken cancellationToken)
    {
        if (!EmailAddress.Check(email).Try(out var address, out var no))
        {
            return no;
        }

        if (await desk.Limits.SignUpAsync(caller, address, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await desk.MailLaterAsync(db, RenewSignUpHandler.OrderKind, new RenewSignUp(address), cancellationToken);
        return null;
    }
}

internal sealed record RenewSignUp(string Email);

/// <summary>Looks, out of the asker's sight, whether there is a sign-up to write about.</summary>
internal sealed class RenewSignUpHandler(SignUpService signUps) : IOutboxHandler
{
    public const string OrderKind = "renew_sign_up";

    public string Kind => OrderKind;

    public Task HandleAsync(ReadOnlyMemory<byte> payload, Guid messageId, CancellationToken cancellationToken) =>
        signUps.RenewAsync(User.Normalize(JsonSerializer.Deserialize<RenewSignUp>(payload.Span)!.Email), cancellationToken);
}
