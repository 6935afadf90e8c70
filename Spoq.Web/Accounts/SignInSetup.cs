using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Spoq.Web.Shell;

namespace Spoq.Web.Accounts;

/// <summary>Cookies: what a signed-in browser holds.</summary>
internal static class SignInSetup
{
    /// <summary>Sign-out and a changed password act on every session within this time; the promise is 60 s.</summary>
    public static readonly TimeSpan Revalidation = TimeSpan.FromSeconds(30);

    private static readonly string[] s_programPaths = ["/api", "/v1", "/hubs", "/internal", "/webhooks", "/_blazor", "/oauth/userinfo"];

    public static IServiceCollection AddSignIn(this IServiceCollection services, IHostEnvironment environment)
    {
        services.AddAuthentication().AddIdentityCookies();
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.ExternalScheme, options => Harden(options.Cookie, "spoq-external", environment));
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.TwoFactorUserIdScheme, options => Harden(options.Cookie, "spoq-2fa", environment));
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.TwoFactorRememberMeScheme, options => Harden(options.Cookie, "spoq-2fa-remember", environment));
        services.ConfigureApplicationCookie(options =>
        {
            Harden(options.Cookie, "spoq", environment);
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.LoginPath = "/login";
            options.AccessDeniedPath = "/login";
            options.ReturnUrlParameter = "return_url";
            options.ExpireTimeSpan = TimeSpan.FromDays(30);
            options.SlidingExpiration = true;
            options.Events.OnRedirectToLogin = Turn;
            options.Events.OnRedirectToAccessDenied = context =>
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            };
        });
        services.Configure<SecurityStampValidatorOptions>(options =>
        {
            options.ValidationInterval = Revalidation;
            options.OnRefreshingPrincipal = KeepSession;
        });
        services.AddScoped<ISecurityStampValidator, SessionValidator>();
        services.AddScoped<SessionCheck>();
        services.AddAntiforgery(options =>
        {
            Harden(options.Cookie, "spoq-form", environment);
            options.Cookie.SameSite = SameSiteMode.Strict;
        });
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, CircuitSignIn>();
        services.AddSingleton<BrowserMemory>();
        services.AddScoped<BrowserSession>();
        services.AddScoped<LoginFlow>();
        services.AddScoped<StepUp>();
        services.AddSingleton<HubSignIn>();
        return services;
    }

    /// <summary>The <c>__Host-</c> prefix keeps pages on customers' addresses from planting cookies of ours.</summary>
    internal static void Harden(CookieBuilder cookie, string name, IHostEnvironment environment)
    {
        var development = environment.IsDevelopment();
        cookie.Name = development ? name : "__Host-" + name;
        cookie.SecurePolicy = development ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        cookie.HttpOnly = true;
        cookie.Path = "/";
    }

    /// <summary>A cookie that is written anew belongs to the same session.</summary>
    private static Task KeepSession(SecurityStampRefreshingPrincipalContext context)
    {
        string[] kept = [SignedIn.SessionClaim, SignedIn.ByClaim];
        context.NewPrincipal!.Identities.First().AddClaims(context.CurrentPrincipal!.Claims.Where(claim => kept.Contains(claim.Type)));
        return Task.CompletedTask;
    }

    /// <summary>People are led to the log-in page, programs are told in a status, and a page that is not there stays not there.</summary>
    private static Task Turn(RedirectContext<CookieAuthenticationOptions> context)
    {
        var request = context.Request;
        if (context.HttpContext.GetEndpoint() is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (s_programPaths.Any(path => request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))
            || ((request.Path.StartsWithSegments("/auth", StringComparison.OrdinalIgnoreCase) || request.Path.StartsWithSegments("/releases")) && !Problems.WantsPage(request)))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }
        else
        {
            context.Response.Redirect(context.RedirectUri);
        }

        return Task.CompletedTask;
    }
}
