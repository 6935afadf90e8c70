using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Core.Accounts;

namespace Spoq.Web.Accounts;

internal static class AccountsEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/logout", LogOutAsync).AllowAnonymous();
        routes.MapAuth();
        routes.MapAuthMail();
        routes.MapMe();
        routes.MapSessions();
        routes.MapExternalSignIn();
    }

    // A form parameter is what makes the framework ask for the form's token.
    private static async Task<RedirectHttpResult> LogOutAsync([FromForm(Name = "return_url")] string? returnUrl, BrowserSession session, HttpContext context)
    {
        await session.CloseAsync(context);
        return TypedResults.Redirect(LocalPath.Check(returnUrl) is { } next ? QueryHelpers.AddQueryString("/login", "return_url", next) : "/login");
    }
}
