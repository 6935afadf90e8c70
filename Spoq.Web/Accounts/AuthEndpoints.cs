using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Web.Access;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Accounts;

/// <summary><c>/api/auth</c>: signing programs up, in and out.</summary>
internal static class AuthEndpoints
{
    private const string Tag = "Sign-in";

    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("POST", "/api/auth/register", RegisterAsync).AllowAnonymous().Refuses(422).WithTags(Tag)
            .WithSummary("Sign up").WithDescription(
                "Answers tokens at once, and mails a code. Until the code is given to `/api/auth/verify-email` the tokens only open `/api/auth/me`, `/api/auth/verify-email`, `/api/auth/resend-verification` and `/api/auth/logout`. An address that has an account already gets the same answer; its owner gets a mail that says so.");
        routes.MapApi("POST", "/api/auth/login", LogInAsync).AllowAnonymous().Refuses(401, 403, 422).WithTags(Tag)
            .WithSummary("Log in").WithDescription("An account with two-factor sign-in gets `mfa_required` and `mfa_token` instead of tokens; go on with `/api/auth/login/mfa`.");
        routes.MapApi("POST", "/api/auth/login/mfa", FinishAsync).AllowAnonymous().Refuses(401, 403, 422).WithTags(Tag)
            .WithSummary("Give the second factor").WithDescription("The six digits of the authenticator app, or a recovery code. Within 10 minutes and 5 tries.");
        routes.MapApi("POST", "/api/auth/refresh", RefreshAsync).AllowAnonymous().Refuses(401).WithTags(Tag)
            .WithSummary("Renew tokens").WithDescription("A refresh token works once. Used again after 10 seconds it ends the whole sign-in: somebody else has it too.");
        routes.MapApi("POST", "/api/auth/logout", LogOutAsync).RequireAccount().AllowUnconfirmed().WithTags(Tag)
            .WithSummary("Log out").WithDescription("Ends the sign-in that the token, or the browser's session, belongs to.");
        routes.MapApi("POST", "/auth/revoke", RevokeAsync).AllowAnonymous().WithTags(Tag)
            .WithSummary("Revoke a token").WithDescription("Ends the sign-in that the `token` in the body belongs to, an access or a refresh token; without one, that of the bearer. Unknown tokens are no error.");
    }

    private static async Task<Results<Ok<TokensAnswer>, ProblemHttpResult>> RegisterAsync(RegisterBody body, HttpContext http, ProgramSignIn programs, CancellationToken cancellationToken) =>
        Answer(http, await programs.RegisterAsync(body.Email, body.Password, body.Name, http.Caller(), cancellationToken));

    private static async Task<Results<Ok<LoginAnswer>, ProblemHttpResult>> LogInAsync(LoginBody body, HttpContext http, ProgramSignIn programs, CancellationToken cancellationToken)
    {
        if (!(await programs.LogInAsync(body.Email, body.Password, http.Caller(), cancellationToken)).Try(out var signedIn, out var refusal))
        {
            return refusal.ToProblem();
        }

        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(LoginAnswer.Of(signedIn));
    }

    private static async Task<Results<Ok<TokensAnswer>, ProblemHttpResult>> FinishAsync(MfaBody body, HttpContext http, ProgramSignIn programs, CancellationToken cancellationToken) =>
        Answer(http, await programs.FinishAsync(body.MfaToken, body.Code, http.Caller(), cancellationToken));

    private static async Task<Results<Ok<TokensAnswer>, ProblemHttpResult>> RefreshAsync(
        RefreshBody body, HttpContext http, TokenService tokens, AccessTokens reader, CancellationToken cancellationToken)
    {
        if (!(await tokens.RefreshAsync(body.RefreshToken, null, http.Caller(), cancellationToken)).Try(out var issued, out var refusal)
            || !(await reader.AuthenticateAsync(issued.AccessToken, cancellationToken)).Try(out var caller, out refusal))
        {
            return refusal.ToProblem();
        }

        return Answer(http, new ProgramSignedIn(caller.AccountId, issued, null));
    }

    private static async Task<NoContent> LogOutAsync(HttpContext http, ProgramSignIn programs, BrowserSession session, CancellationToken cancellationToken)
    {
        if (http.User.GrantId() is { } grantId)
        {
            await programs.RevokeAsync(null, grantId, http.Caller(), cancellationToken);
        }
        else
        {
            await session.CloseAsync(http);
        }

        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RevokeAsync(HttpContext http, ProgramSignIn programs, AccessTokens reader, CancellationToken cancellationToken, RevokeBody? body = null)
    {
        var token = body?.Token ?? body?.RefreshToken;
        var grantId = token is null ? (await ShownToken.FindAsync(http))?.GrantId()
            : (await reader.AuthenticateAsync(token, cancellationToken)).Try(out var caller, out _) ? caller.GrantId : null;
        if (token is not null || grantId is not null)
        {
            await programs.RevokeAsync(token, grantId, http.Caller(), cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static Results<Ok<TokensAnswer>, ProblemHttpResult> Answer(HttpContext http, Result<ProgramSignedIn> result)
    {
        if (!result.Try(out var signedIn, out var refusal))
        {
            return refusal.ToProblem();
        }

        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(TokensAnswer.Of(signedIn));
    }

    private sealed record RegisterBody(string? Email = null, string? Password = null, string? Name = null);

    private sealed record LoginBody(string? Email = null, string? Password = null);

    /// <param name="MfaToken">As the log-in answered it.</param>
    private sealed record MfaBody(string? MfaToken = null, string? Code = null);

    private sealed record RefreshBody(string? RefreshToken = null);

    /// <param name="Token">An access or refresh token.</param>
    /// <param name="RefreshToken">Another name for <c>token</c>.</param>
    private sealed record RevokeBody(string? Token = null, string? RefreshToken = null);
}

/// <summary>Tokens of somebody who is signed in.</summary>
/// <param name="Token">The access token once more.</param>
/// <param name="ExpiresIn">Seconds.</param>
internal sealed record TokensAnswer(Guid UserId, string AccessToken, string Token, string RefreshToken, string TokenType, int ExpiresIn)
{
    public static TokensAnswer Of(ProgramSignedIn signedIn)
    {
        var tokens = signedIn.Tokens!;
        return new TokensAnswer(signedIn.AccountId, tokens.AccessToken, tokens.AccessToken, tokens.RefreshToken, "Bearer", (int)tokens.ExpiresIn.TotalSeconds);
    }
}

/// <summary>Either tokens, or that a second factor is asked for.</summary>
internal sealed record LoginAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? UserId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AccessToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RefreshToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TokenType = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ExpiresIn = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? MfaRequired = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? MfaToken = null)
{
    public static LoginAnswer Of(ProgramSignedIn signedIn) => signedIn.Tokens is { } tokens
        ? new LoginAnswer(signedIn.AccountId, tokens.AccessToken, tokens.AccessToken, tokens.RefreshToken, "Bearer", (int)tokens.ExpiresIn.TotalSeconds)
        : new LoginAnswer(MfaRequired: true, MfaToken: signedIn.SecondFactorTicket);
}
