using Microsoft.AspNetCore.Authorization;
using Spoq.Core.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary>
/// Who may call an endpoint. Each uses exactly one of <c>AllowAnonymous</c>, <see cref="RequireAccount"/>,
/// <see cref="RequireScope"/>, <see cref="RequireAdmin"/>, <see cref="RequireInstanceToken"/>
/// and <see cref="OperatorDoor.RequireOperatorKey"/>.
/// What they leave in the metadata is what the gate, the API document and the tests read.
/// </summary>
internal static class Callers
{
    public const string Policy = "caller";

    /// <summary>A signed-in browser, or a token with the scope <c>account</c>.</summary>
    public static T RequireAccount<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.RequireScope(Scopes.Account);

    /// <summary>A signed-in browser, or a token with this scope or <c>account</c>.</summary>
    public static T RequireScope<T>(this T endpoint, string scope)
        where T : IEndpointConventionBuilder => endpoint.Rule(_ => new CallerRule(scope));

    /// <summary>An account with the role <c>admin</c>; a browser must have proved just now who sits there.</summary>
    public static T RequireAdmin<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.Rule(_ => new CallerRule(Scopes.Account) { NeedsAdmin = true }).WithMetadata(new FreshSignInAttribute { IsForBrowsersOnly = true });

    /// <summary>One of our servers. The endpoint checks the token itself: it knows which server it must be.</summary>
    public static T RequireInstanceToken<T>(this T endpoint)
        where T : IEndpointConventionBuilder
    {
        endpoint.WithMetadata(new InstanceTokenRule());
        endpoint.AllowAnonymous();
        return endpoint;
    }

    /// <summary>Also an API key that holds the scope.</summary>
    public static T AcceptApiKeys<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.Rule(rule => Known(rule) with { AcceptsApiKeys = true });

    /// <summary>Also any API key, whatever its scopes are.</summary>
    public static T AcceptAnyApiKey<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.Rule(rule => Known(rule) with { AcceptsApiKeys = true, IsForAnyApiKey = true });

    /// <summary>Also an account whose e-mail address is not confirmed yet.</summary>
    public static T AllowUnconfirmed<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.Rule(rule => Known(rule) with { AllowsUnconfirmed = true });

    private static CallerRule Known(CallerRule? rule) => rule ?? throw new InvalidOperationException("Say first who may call the endpoint: RequireAccount, RequireScope or RequireAdmin.");

    private static T Rule<T>(this T endpoint, Func<CallerRule?, CallerRule> change)
        where T : IEndpointConventionBuilder
    {
        endpoint.Add(builder =>
        {
            var before = builder.Metadata.OfType<CallerRule>().LastOrDefault();
            if (before is not null)
            {
                builder.Metadata.Remove(before);
            }
            else
            {
                builder.Metadata.Add(new AuthorizeAttribute(Policy));
            }

            builder.Metadata.Add(change(before));
        });
        return endpoint;
    }
}
