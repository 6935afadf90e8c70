using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;
using Spoq.Web.Access;
using Spoq.Web.Billing;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Accounts;

/// <summary><c>GET /api/auth/me</c>: whose token this is.</summary>
internal static class MeEndpoint
{
    public static void MapMe(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("GET", "/api/auth/me", ReadAsync).RequireAccount().AllowUnconfirmed().Refuses(404).WithTags("Account")
            .WithSummary("Whose token this is").WithDescription("Account, roles and subscription.");
        routes.MapApi("PATCH", "/api/auth/me", RenameAsync).RequireAccount().Refuses(404, 422).WithTags("Account")
            .WithSummary("Change how you are called").WithDescription("An empty name is none. What opens the account is changed on its pages only, after a fresh sign-in.");
    }

    private static async Task<Results<Ok<MeAnswer>, ProblemHttpResult>> ReadAsync(
        ClaimsPrincipal user, ProgramAccounts accounts, SubscriptionService subscriptions, CancellationToken cancellationToken)
    {
        if (!(await accounts.FindAsync(user.AccountId(), cancellationToken)).Try(out var account, out var refusal))
        {
            return refusal.ToProblem();
        }

        var subscription = SubscriptionAnswer.Of(await subscriptions.FindAsync(account.Id, null, cancellationToken));
        return TypedResults.Ok(new MeAnswer(
            account.Id, account.Id, account.Email, account.Name, account.IsConfirmed, account.HasTwoFactor, account.Roles, subscription, account.CreatedAt));
    }

    private static async Task<Results<Ok<MeAnswer>, ProblemHttpResult>> RenameAsync(
        RenameBody body, ClaimsPrincipal user, AccountService mine, ProgramAccounts accounts, SubscriptionService subscriptions, CancellationToken cancellationToken) =>
        await mine.RenameAsync(user.AccountId(), body.Name, cancellationToken) is { } no ? no.ToProblem() : await ReadAsync(user, accounts, subscriptions, cancellationToken);

    private sealed record RenameBody(string? Name = null);

    /// <param name="Id">The same as <c>user_id</c>.</param>
    private sealed record MeAnswer(
        Guid UserId, Guid Id, string Email, string? Name, bool EmailConfirmed, bool TwoFactorEnabled, IReadOnlyList<string> Roles, SubscriptionAnswer Subscription, DateTimeOffset CreatedAt);
}
