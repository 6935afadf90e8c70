using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Access;

/// <summary>From a person's yes to a program's tokens: the code in between works once.</summary>
public sealed class AuthorizationService(IDbContextFactory<SpoqDbContext> contexts, TokenService tokens, AccessDesk desk)
{
    /// <summary>Whether the account pays for anything now.</summary>
    public async Task<bool> HasPlanAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Subscription>().AnyAsync(row => row.AccountId == accountId && row.EndedAt == null && row.TerminatedAt == null, cancellationToken);
    }

    /// <summary>The person said yes: the code for the client.</summary>
    public async Task<string> ApproveAsync(AuthorizationRequest request, Guid accountId, DateTimeOffset? authenticatedAt, Caller caller, CancellationToken cancellationToken)
    {
        var code = Secret.New();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Add(AuthorizationCode.For(request, Secret.Hash(code), accountId, authenticatedAt, desk.Now));
        desk.Audit(db, accountId, "access.consent_given", Described(request), caller);
        await db.SaveChangesAsync(cancellationToken);
        return code;
    }

    public async Task DenyAsync(AuthorizationRequest request, Guid accountId, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        desk.Audit(db, accountId, "access.consent_denied", Described(request), caller);
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <param name="client">Who presents the code, authenticated.</param>
    /// <param name="code">As it came.</param>
    /// <param name="redirectUri">As it came.</param>
    /// <param name="verifier">As it came.</param>
    /// <param name="caller">For the audit log.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Result<IssuedTokens>> RedeemAsync(OAuthClient client, string? code, string? redirectUri, string? verifier, Caller caller, CancellationToken cancellationToken)
    {
        await tokens.PrepareAsync(cancellationToken);
        var hash = Secret.Hash(code);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = await db.Set<AuthorizationCode>().FromSql($"select * from authorization_codes where code_hash = {hash} for update").SingleOrDefaultAsync(cancellationToken);
        switch (row?.PresentedBy(client.Id, redirectUri, verifier, desk.Now))
        {
            case CodeOutcome.Redeem when !await desk.IsSuspendedAsync(db, row.AccountId, cancellationToken):
                var grant = desk.Grants.Open(db, row.AccountId, client.Id, row.Scope, client.Name, caller);
                grant.At(RedirectUri.PlaceOf(row.RedirectUri));
                row.Redeem(grant.Id);
                var issued = await tokens.IssueAsync(db, grant, new SignInProof(row.Nonce, row.AuthenticatedAt), cancellationToken);
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return issued;

            case CodeOutcome.Reused:
                desk.Audit(db, row.AccountId, "access.code_reused", client.Name, caller);
                await desk.Grants.RevokeAsync(db, row.GrantId!.Value, "because its code came a second time", caller, cancellationToken);
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return AccessRefusals.RefreshInvalid;

            default:
                return AccessRefusals.RefreshInvalid;
        }
    }

    private static string Described(AuthorizationRequest request) => $"{request.Client.Name} at {RedirectUri.PlaceOf(request.RedirectUri)} ({request.Scopes})";
}
