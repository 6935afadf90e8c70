using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Web.Access;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Accounts;

/// <summary>What goes through the mail box: confirming an address, and a new password.</summary>
internal static class AuthMailEndpoints
{
    private const string Tag = "Sign-in";

    public static void MapAuthMail(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("POST", "/api/auth/forgot-password", ForgotAsync).AllowAnonymous().Refuses(422).WithTags(Tag)
            .WithSummary("Ask for a new password").WithDescription("The same answer in the same time whether or not there is such an account; the mail tells.");
        routes.MapApi("POST", "/api/auth/reset-password", ResetAsync).AllowAnonymous().Refuses(404, 422).WithTags(Tag)
            .WithSummary("Choose a new password").WithDescription("With the token of the mailed link. Signs out everywhere.");
        routes.MapApi("POST", "/api/auth/verify-email", VerifyAsync).AllowAnonymous().Refuses(401, 404, 409, 422).WithTags(Tag)
            .WithSummary("Confirm the e-mail address").WithDescription(
                "The six digits as `code`, with the token that the sign-up answered as bearer, or with `email` and the `password` chosen at sign-up; or the `token` of the mailed link, with that bearer or that password.");
        routes.MapApi("POST", "/api/auth/resend-verification", ResendAsync).AllowAnonymous().Refuses(404, 409, 422).WithTags(Tag)
            .WithSummary("Mail the code again").WithDescription("For the bearer's own sign-up, else for the `email` in the body: then the answer is the same whether or not there is one. Codes of earlier mails are void.");
    }

    private static async Task<Results<Accepted<AskedAnswer>, ProblemHttpResult>> ForgotAsync(EmailBody body, HttpContext http, PasswordResetService resets, CancellationToken cancellationToken) =>
        Asked(await resets.AskAsync(body.Email, http.Caller(), cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> ResetAsync(ResetBody body, HttpContext http, PasswordResetService resets, CancellationToken cancellationToken) =>
        (await resets.ResetAsync(body.Token, body.Password, http.Caller(), cancellationToken)).Try(out _, out var refusal) ? TypedResults.NoContent() : refusal.ToProblem();

    private static async Task<Results<Ok<VerifiedAnswer>, ProblemHttpResult>> VerifyAsync(
        VerifyBody body, HttpContext http, SignUpService signUps, ProgramAccounts accounts, CancellationToken cancellationToken)
    {
        var confirmed = (body, await HolderAsync(http)) switch
        {
            ({ Token: { } token }, var holder) => await signUps.ConfirmByLinkAsync(token, new SignUpProof(null, body.Password, holder), http.Caller(), cancellationToken),
            (_, { } holder) => await accounts.ConfirmByCodeAsync(holder, body.Code, http.Caller(), cancellationToken),
            ({ Email: not null }, _) => await accounts.ConfirmByCodeAsync(body.Email, body.Password, body.Code, http.Caller(), cancellationToken),
            _ => AccessRefusals.TokenMissing,
        };
        return confirmed.Try(out var account, out var refusal) ? TypedResults.Ok(new VerifiedAnswer(account.AccountId, true)) : refusal.ToProblem();
    }

    private static async Task<Results<Accepted<AskedAnswer>, ProblemHttpResult>> ResendAsync(
        HttpContext http, ProgramAccounts accounts, CancellationToken cancellationToken, EmailBody? body = null) =>
        Asked(body?.Email is null && await HolderAsync(http) is { } holder
            ? await accounts.ResendAsync(holder, http.Caller(), cancellationToken)
            : await accounts.ResendAsync(body?.Email, http.Caller(), cancellationToken));

    /// <summary>Whose token was shown: a browser's cookie has its own way.</summary>
    private static async Task<Guid?> HolderAsync(HttpContext http) => (await ShownToken.FindAsync(http))?.FindAccountId();

    private static Results<Accepted<AskedAnswer>, ProblemHttpResult> Asked(Refusal? refusal) =>
        refusal is null ? TypedResults.Accepted((string?)null, new AskedAnswer("accepted")) : refusal.ToProblem();

    private sealed record EmailBody(string? Email = null);

    /// <param name="Token">The last part of the mailed link.</param>
    private sealed record ResetBody(string? Token = null, string? Password = null);

    /// <param name="Code">The six digits of the mail.</param>
    /// <param name="Token">The last part of the mailed link.</param>
    private sealed record VerifyBody(string? Code = null, string? Token = null, string? Password = null, string? Email = null);

    private sealed record AskedAnswer(string Status);

    private sealed record VerifiedAnswer(Guid UserId, bool EmailConfirmed);
}
