using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.SignalR;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Web.Shell;

namespace Spoq.Web.Access;

/// <summary>Asks the endpoint's <see cref="CallerRule"/>.</summary>
internal sealed class CallerRequirement : AuthorizationHandler<CallerRequirement>, IAuthorizationRequirement
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, CallerRequirement requirement)
    {
        var rule = (context.Resource as HttpContext)?.GetEndpoint()?.Metadata.GetMetadata<CallerRule>();
        if (rule is not null && context.User.Identity is { IsAuthenticated: true })
        {
            if (rule.Check(context.User.Facts()) is { } refusal)
            {
                context.Fail(new CallerRefused(this, refusal));
            }
            else
            {
                context.Succeed(requirement);
            }
        }

        return Task.CompletedTask;
    }
}

internal sealed class CallerRefused(IAuthorizationHandler handler, Refusal refusal) : AuthorizationFailureReason(handler, refusal.Code)
{
    public Refusal Refusal => refusal;
}

/// <summary>Says why a caller was not let in, and asks a browser's write for the proof that a page of ours made it.</summary>
internal sealed class CallerGate(IAntiforgery antiforgery) : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _framework = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.AuthorizationFailure?.FailureReasons.OfType<CallerRefused>().FirstOrDefault() is { Refusal: var refusal })
        {
            if (refusal.Code == "insufficient_scope" && context.GetEndpoint()?.Metadata.GetMetadata<CallerRule>() is { } rule)
            {
                context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{rule.Scope}\"";
            }

            await refusal.ToProblem().ExecuteAsync(context);
            return;
        }

        if (authorizeResult.Succeeded && NeedsProof(context) && !await antiforgery.IsRequestValidAsync(context))
        {
            await AccessRefusals.Antiforgery.ToProblem().ExecuteAsync(context);
            return;
        }

        await _framework.HandleAsync(next, context, policy, authorizeResult);
    }

    /// <summary>Cookies travel with requests that any page makes; tokens do not. Hubs are held by <see cref="OriginCheck"/>.</summary>
    private static bool NeedsProof(HttpContext context)
    {
        var method = context.Request.Method;
        var isRead = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);
        return !isRead
            && context.GetEndpoint()?.Metadata is { } metadata
            && metadata.GetMetadata<CallerRule>() is not null
            && metadata.GetMetadata<HubMetadata>() is null
            && context.User.Credential() == CredentialKind.Cookie;
    }
}
