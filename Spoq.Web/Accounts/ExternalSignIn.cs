using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Accounts;

/// <summary>To a provider and back. The way back ends at <see cref="DonePath"/> with the provider's word in a sealed cookie.</summary>
internal static class ExternalSignIn
{
    public const string DonePath = "/login/external";
    public const string LinkPage = "/login/link";

    public static void MapExternalSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/auth/github", (HttpContext context, [FromQuery(Name = "return_url")] string? next, string? intent) => Start(context, SignInProviders.GitHub, next, intent)).AllowAnonymous()
            .WithTags("Sign-in").WithSummary("Sign in with GitHub, in a browser").Produces(StatusCodes.Status302Found).Refuses(404);
        routes.MapApi("GET", "/api/auth/google", (HttpContext context, [FromQuery(Name = "return_url")] string? next, string? intent) => Start(context, SignInProviders.Google, next, intent)).AllowAnonymous()
            .WithTags("Sign-in").WithSummary("Sign in with Google, in a browser").Produces(StatusCodes.Status302Found).Refuses(404);

        routes.MapGet(DonePath, FinishAsync).AllowAnonymous();
    }

    /// <summary>Back to where it began, with words.</summary>
    public static Task FailAsync(RemoteFailureContext context)
    {
        var (purpose, _, next) = ExternalTicket.Asked(context.Properties);
        var isCancelled = context.Request.Query["error"] == "access_denied";
        context.Response.Redirect(Back(purpose, isCancelled ? "cancelled" : "failed", context.Scheme.Name, next));
        context.HandleResponse();
        return Task.CompletedTask;
    }

    private static IResult Start(HttpContext context, string slug, string? next, string? intent)
    {
        if (context.RequestServices.GetRequiredService<SignInProviders>().Find(slug) is null)
        {
            return TypedResults.NotFound();
        }

        var purpose = context.RequestServices.GetRequiredService<ExternalIntents>().Read(intent, context.User) ?? ExternalPurpose.SignIn;
        var accountId = purpose == ExternalPurpose.SignIn ? null : context.User.FindAccountId();
        return TypedResults.Challenge(ExternalTicket.Ask(purpose, accountId, LocalPath.Check(next)), [slug]);
    }

    private static async Task<IResult> FinishAsync(HttpContext context, ExternalLoginService logins, StepUp steps, LoginFlow flow)
    {
        if (await ExternalTicket.ReadAsync(context) is not { } ticket)
        {
            return TypedResults.Redirect("/login");
        }

        if (ticket.Purpose == ExternalPurpose.Link)
        {
            return TypedResults.Redirect(Forms.To(LinkPage, ticket.Next));
        }

        return TypedResults.Redirect(ticket.Purpose == ExternalPurpose.Confirm ? await ConfirmAsync(context, ticket, logins, steps) : await SignInAsync(context, ticket, logins, flow));
    }

    private static async Task<string> SignInAsync(HttpContext context, ExternalTicket ticket, ExternalLoginService logins, LoginFlow flow)
    {
        var answer = await logins.SignInAsync(ticket.Identity, context.Caller(), context.RequestAborted);
        if (!answer.Try(out var external, out var no))
        {
            await ExternalTicket.DropAsync(context);
            return Back(ticket.Purpose, no.Code, ticket.Identity.Slug, ticket.Next);
        }

        if (external.LoggedIn is null)
        {
            return QueryHelpers.AddQueryString(Forms.To("/login", ticket.Next), "link", "1");
        }

        await ExternalTicket.DropAsync(context);
        return external.IsNew
            ? await flow.WelcomeAsync(context, external.LoggedIn.AccountId!.Value, ticket.Identity.Slug, ticket.Next)
            : await flow.NextAsync(context, external.LoggedIn, ticket.Identity.Slug, ticket.Next);
    }

    private static async Task<string> ConfirmAsync(HttpContext context, ExternalTicket ticket, ExternalLoginService logins, StepUp steps)
    {
        await ExternalTicket.DropAsync(context);
        if (context.User.SessionId() is null || context.User.FindAccountId() is not { } accountId || accountId != ticket.AccountId
            || !await logins.OpensAsync(accountId, ticket.Identity, context.RequestAborted))
        {
            return Back(ticket.Purpose, "other", ticket.Identity.Slug, ticket.Next);
        }

        return await steps.ProvedAsync(context, ticket.Identity.Slug, ticket.Next);
    }

    private static string Back(ExternalPurpose purpose, string reason, string slug, string? next)
    {
        var page = purpose switch
        {
            ExternalPurpose.Link => "/dashboard/account/logins",
            ExternalPurpose.Confirm => StepUp.Page,
            _ => "/login",
        };
        return QueryHelpers.AddQueryString(purpose == ExternalPurpose.Link ? page : Forms.To(page, LocalPath.Check(next)), new Dictionary<string, string?> { ["external"] = reason, ["provider"] = slug });
    }
}

/// <summary>
/// A link on our own page that starts linking or confirming carries this, so that no other page can start it: a
/// stranger who is signed in at the provider in your browser must not be linked to your account.
/// </summary>
internal sealed class ExternalIntents(IDataProtectionProvider protection)
{
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(30);

    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("external-intent").ToTimeLimitedDataProtector();

    public string Write(ExternalPurpose purpose, ClaimsPrincipal user) => _protector.Protect($"{purpose} {user.SessionId()}", s_life);

    public ExternalPurpose? Read(string? intent, ClaimsPrincipal user)
    {
        if (string.IsNullOrEmpty(intent) || user.SessionId() is not { } sessionId)
        {
            return null;
        }

        try
        {
            return _protector.Unprotect(intent).Split(' ') is [var purpose, var session] && session == sessionId.ToString() ? Enum.Parse<ExternalPurpose>(purpose) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}

/// <summary>Why a way through a provider ended, for the page it came back to.</summary>
internal static class ExternalWords
{
    public static Refusal? Of(string? reason, string? slug, SignInProviders providers)
    {
        var name = providers.Find(slug)?.Name ?? "The other site";
        return reason switch
        {
            null => null,
            "cancelled" => new Refusal("external_cancelled", $"You stopped at {name}, so nothing happened. Try again, or log in another way.", RefusalKind.Unauthenticated),
            "other" => new Refusal("external_other", $"That is another {name} login than the one that opens this account. Use that one, or confirm another way.", RefusalKind.Unauthenticated),
            "no_verified_email" => AccountRefusals.NoVerifiedEmail(name),
            "account_suspended" => AccountRefusals.Suspended,
            "too_many_tries" => AccountRefusals.TooMany(TimeSpan.FromMinutes(10)),
            _ => new Refusal("external_failed", $"Signing in with {name} did not work this time. Try again, or log in another way.", RefusalKind.Unauthenticated),
        };
    }
}
