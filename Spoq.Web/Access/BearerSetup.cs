using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;

namespace Spoq.Web.Access;

/// <summary>Cookie or token: whoever shows a token is judged by the token alone.</summary>
internal static class BearerSetup
{
    private const string Selector = "CookieOrBearer";

    public static IServiceCollection AddBearer(this IServiceCollection services)
    {
        services.AddAuthentication(options => options.DefaultScheme = Selector)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null)
            .AddPolicyScheme(Selector, null, options => options.ForwardDefaultSelector = context =>
                BearerHandler.TokenOf(context.Request) is null ? IdentityConstants.ApplicationScheme : BearerHandler.SchemeName);

        // Pages are for people: whatever has no rule of its own is open to the cookie only.
        var page = new AuthorizationPolicyBuilder(IdentityConstants.ApplicationScheme).RequireAuthenticatedUser().Build();
        services.AddAuthorizationBuilder()
            .SetDefaultPolicy(page)
            .SetFallbackPolicy(page)
            .AddPolicy(Callers.Policy, policy => policy.RequireAuthenticatedUser().AddRequirements(new CallerRequirement()));
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, CallerGate>();
        services.AddSingleton<CallerStanding>();
        services.AddOAuth();
        return services;
    }
}
