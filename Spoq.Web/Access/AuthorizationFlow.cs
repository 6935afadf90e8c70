using System.Security.Claims;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary>What the authorization page does next.</summary>
internal abstract record AuthorizationStep
{
    private AuthorizationStep()
    {
    }

    /// <summary>Who asks is not trusted: say so here and send nobody anywhere.</summary>
    public sealed record Explain(string Why) : AuthorizationStep;

    /// <summary>On to another page of ours, or back to the client with an answer.</summary>
    public sealed record Go(string Url) : AuthorizationStep;

    public sealed record Ask(AuthorizationRequest Request, AccountSummary Account) : AuthorizationStep;
}

/// <summary>
/// The way through an authorization request: signed in, recently enough, with a plan where one is needed, and then
/// always asked. Whatever lies in between comes back to the very same address.
/// </summary>
internal sealed class AuthorizationFlow(OAuthClients clients, AuthorizationService authorizations, AccountService accounts, SessionService sessions, IOptions<SpoqOptions> options, TimeProvider clock)
{
    /// <summary>Signing in and reading the page take a moment also where no age is allowed.</summary>
    private static readonly TimeSpan s_leastAge = TimeSpan.FromSeconds(30);

    private string Issuer => RuntimeTokens.IssuerOf(options.Value);

    /// <param name="http">The request for the page.</param>
    /// <param name="isNewcomer">They came by <c>/connect</c>: most have no account yet, and all need a plan.</param>
    public async Task<AuthorizationStep> NextAsync(HttpContext http, bool isNewcomer)
    {
        switch (await ReadAsync(http))
        {
            case AuthorizationReading.Stranger stranger:
                return new AuthorizationStep.Explain(stranger.Why);
            case AuthorizationReading.Wrong wrong:
                return Answer(wrong.RedirectUri, wrong.State, wrong.Error);
            case AuthorizationReading.Fine { Request: var request }:
                return LocalPath.Check(http.Request.Path + http.Request.QueryString) is null
                    ? Answer(request.RedirectUri, request.State, OAuthError.InvalidRequest("The request is too long."))
                    : await NextAsync(http, request, isNewcomer);
            default:
                throw new InvalidOperationException("A reading of an unknown kind.");
        }
    }

    public async Task<string> ApproveAsync(HttpContext http, AuthorizationRequest request)
    {
        var accountId = http.User.AccountId();
        var code = await authorizations.ApproveAsync(request, accountId, await SignedInAtAsync(http.User), http.Caller(), http.RequestAborted);
        return RedirectUri.With(request.RedirectUri, [new("code", code), new("state", request.State), new("iss", Issuer)]);
    }

    public async Task<string> DenyAsync(HttpContext http, AuthorizationRequest request)
    {
        await authorizations.DenyAsync(request, http.User.AccountId(), http.Caller(), http.RequestAborted);
        return Answer(request.RedirectUri, request.State, OAuthError.AccessDenied).Url;
    }

    private async Task<AuthorizationStep> NextAsync(HttpContext http, AuthorizationRequest request, bool isNewcomer)
    {
        AuthorizationStep Page(string path, string parameter, OAuthError whereForbidden) => request.MayNotAsk
            ? Answer(request.RedirectUri, request.State, whereForbidden)
            : new AuthorizationStep.Go(QueryHelpers.AddQueryString(path, parameter, Here(http.Request)));

        if (Account(http.User) is not { } accountId || await accounts.FindAsync(accountId, http.RequestAborted) is not { } account)
        {
            return Page(Hinted(isNewcomer ? "/signup" : "/login", request), "return_url", OAuthError.LoginRequired);
        }

        if (request.WantsSignIn || await IsTooOldAsync(http.User, request))
        {
            return Page("/login/confirm", "return_url", OAuthError.LoginRequired);
        }

        if ((isNewcomer || request.NeedsPlan) && !await authorizations.HasPlanAsync(accountId, http.RequestAborted))
        {
            return Page("/setup", "next", OAuthError.InteractionRequired);
        }

        return request.MayNotAsk ? Answer(request.RedirectUri, request.State, OAuthError.ConsentRequired) : new AuthorizationStep.Ask(request, account);
    }

    /// <summary>Whom the client expects is written into the form already (OpenID Connect Core, section 3.1.2.1).</summary>
    private static string Hinted(string path, AuthorizationRequest request) =>
        EmailAddress.Check(request.LoginHint).Try(out var email, out _) ? QueryHelpers.AddQueryString(path, "email", email) : path;

    private async Task<AuthorizationReading> ReadAsync(HttpContext http)
    {
        // Not Request.Query, to which STATE and state are the same.
        var parameters = Parameters(http.Request).ToLookup(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
        var client = await clients.FindAsync(parameters["client_id"].FirstOrDefault(), http.RequestAborted);
        return AuthorizationRequest.Read(parameters, client, Issuer);
    }

    private static List<(string Name, string Value)> Parameters(HttpRequest request)
    {
        var parameters = new List<(string, string)>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            parameters.Add((pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        }

        return parameters;
    }

    private AuthorizationStep.Go Answer(string redirectUri, string? state, OAuthError error) =>
        new(RedirectUri.With(redirectUri, [new("error", error.Code), new("error_description", error.Description), new("state", state), new("iss", Issuer)]));

    /// <summary>A browser's session; a token does not stand before a page.</summary>
    private static Guid? Account(ClaimsPrincipal user) => user.SessionId() is null ? null : user.FindAccountId();

    private async Task<DateTimeOffset?> SignedInAtAsync(ClaimsPrincipal user) => await sessions.AuthenticatedAtAsync(user.AccountId(), user.SessionId()!.Value, CancellationToken.None);

    private async Task<bool> IsTooOldAsync(ClaimsPrincipal user, AuthorizationRequest request) =>
        request.MaxAge is { } maxAge && (await SignedInAtAsync(user) is not { } at || clock.GetUtcNow() - at > (maxAge > s_leastAge ? maxAge : s_leastAge));

    /// <summary>Back to this request, except that a sign-in it asked for has then been done.</summary>
    private static string Here(HttpRequest request)
    {
        var parts = Parameters(request).Select(pair => pair.Name == "prompt" ? (pair.Name, Value: WithoutLogin(pair.Value)) : pair)
            .Where(pair => pair.Name != "prompt" || pair.Value.Length > 0)
            .Select(pair => $"{Uri.EscapeDataString(pair.Name)}={Uri.EscapeDataString(pair.Value)}");
        return $"{request.Path}?{string.Join('&', parts)}";
    }

    private static string WithoutLogin(string prompt) => string.Join(' ', prompt.Split(' ').Where(word => word != "login"));
}
