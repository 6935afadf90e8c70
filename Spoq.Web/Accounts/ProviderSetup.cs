using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.Identity;
using Spoq.Infrastructure.Accounts;
using Spoq.Web.Accounts.GitHub;
using Spoq.Web.Accounts.Google;

namespace Spoq.Web.Accounts;

/// <summary>The framework's OAuth handler for each provider that is configured.</summary>
internal static class ProviderSetup
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    public static IServiceCollection AddSignInProviders(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<ExternalIntents>();
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.ExternalScheme, options =>
        {
            options.ExpireTimeSpan = ExternalTicket.Life;
            options.Cookie.SameSite = SameSiteMode.Lax;
        });
        foreach (var provider in SignInProviders.From(configuration).All)
        {
            services.AddAuthentication().AddOAuth(provider.Slug, provider.Name, options => Configure(options, provider, environment));
        }

        return services;
    }

    private static void Configure(OAuthOptions options, SignInProvider provider, IHostEnvironment environment)
    {
        options.SignInScheme = IdentityConstants.ExternalScheme;
        options.ClientId = provider.ClientId;
        options.ClientSecret = provider.ClientSecret;
        options.UsePkce = true;
        options.SaveTokens = false;
        options.BackchannelTimeout = s_patience;

        // The provider sends the browser back by a link, so Lax is enough; the path is what __Host- asks for.
        SignInSetup.Harden(options.CorrelationCookie, $"spoq-{provider.Slug}-", environment);
        options.CorrelationCookie.SameSite = SameSiteMode.Lax;
        options.Events.OnRemoteFailure = ExternalSignIn.FailAsync;
        if (provider.Slug == SignInProviders.GitHub)
        {
            GitHubSignIn.Configure(options, provider);
        }
        else
        {
            GoogleSignIn.Configure(options, provider);
        }
    }
}
