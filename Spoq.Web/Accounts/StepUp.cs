using System.Security.Claims;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Accounts;

/// <summary>What stands behind this is dangerous in the wrong hands: whoever asks must have proved within ten minutes who they are.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class FreshSignInAttribute : Attribute
{
    /// <summary>Tokens, which are never fresh, are let in: a program has no unlocked screen to walk up to.</summary>
    public bool IsForBrowsersOnly { get; init; }
}

/// <summary>An unlocked laptop is not its owner: dangerous pages and endpoints send people to <c>/login/confirm</c> first.</summary>
internal sealed class StepUp(SessionService sessions, SecondFactorService secondFactor, BrowserMemory memory)
{
    public const string Page = "/login/confirm";

    /// <summary>For actions inside a circuit, which outlives the request that opened it. Tokens are never fresh.</summary>
    public async Task<bool> IsFreshAsync(ClaimsPrincipal user, CancellationToken cancellationToken) =>
        user.SessionId() is { } sessionId && await sessions.IsFreshAsync(user.AccountId(), sessionId, cancellationToken);

    /// <summary>
    /// The first proof is good. Where the account has two-factor its code is asked for too, as at sign-in: a password
    /// that somebody looked up must not be enough to turn two-factor off.
    /// </summary>
    /// <returns>Where the browser goes next.</returns>
    public async Task<string> ProvedAsync(HttpContext context, string method, string? next)
    {
        var accountId = context.User.AccountId();
        if (method != SignInMethod.Passkey && await secondFactor.AskAgainAsync(accountId, method, context.RequestAborted) is { } ticket)
        {
            memory.HoldSecondFactorTicket(context, ticket);
            return Forms.To("/login/2fa", LocalPath.Check(next));
        }

        await sessions.ConfirmAsync(accountId, context.User.SessionId()!.Value, method, context.Caller(), context.RequestAborted);
        return LocalPath.Check(next) ?? "/dashboard/account";
    }
}

internal static class StepUpSetup
{
    public static TBuilder RequireFreshSignIn<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new FreshSignInAttribute());

    public static IApplicationBuilder UseStepUp(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var asked = context.GetEndpoint()?.Metadata.GetMetadata<FreshSignInAttribute>();
        var isAsked = asked is not null && !(asked.IsForBrowsersOnly && context.User.SessionId() is null);
        if (!isAsked || await context.RequestServices.GetRequiredService<StepUp>().IsFreshAsync(context.User, context.RequestAborted))
        {
            await next(context);
            return;
        }

        if (!Problems.WantsPage(context.Request))
        {
            await AccountRefusals.ConfirmFirst.ToProblem().ExecuteAsync(context);
            return;
        }

        // What a form carried is not kept: it is typed again after the proof, not before it.
        context.Response.Redirect(Forms.To(StepUp.Page, context.Request.Path + context.Request.QueryString));
    });
}
