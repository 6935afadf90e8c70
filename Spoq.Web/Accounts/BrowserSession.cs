using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>Signs a browser in and out, and remembers that it once was in: strangers' wrong tries do not shut it out.</summary>
internal sealed class BrowserSession(SignInManager<User> signIn, AccountService accounts, IDataProtectionProvider protection, IHostEnvironment environment)
{
    private static readonly TimeSpan s_memory = TimeSpan.FromDays(180);

    private readonly IDataProtector _protector = protection.CreateProtector("known-browser");

    /// <returns>The page to go on to.</returns>
    public async Task<string> OpenAsync(HttpContext context, Guid accountId, string? next)
    {
        var user = await signIn.UserManager.FindByIdAsync(accountId.ToString()) ?? throw new InvalidOperationException("The account is gone.");
        await signIn.SignInAsync(user, isPersistent: true);
        var cookie = KnownCookie();
        context.Response.Cookies.Append(cookie.Name!, _protector.Protect(accountId.ToString()), cookie.Build(context));
        return LocalPath.Check(next) ?? await accounts.LandingAsync(accountId, context.RequestAborted);
    }

    public Task CloseAsync() => signIn.SignOutAsync();

    public Guid? KnownAccount(HttpContext context)
    {
        if (!context.Request.Cookies.TryGetValue(KnownCookie().Name!, out var value))
        {
            return null;
        }

        try
        {
            return Guid.Parse(_protector.Unprotect(value));
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private CookieBuilder KnownCookie()
    {
        var cookie = new CookieBuilder { SameSite = SameSiteMode.Lax, IsEssential = true, MaxAge = s_memory };
        SignInSetup.Harden(cookie, "spoq-known", environment);
        return cookie;
    }
}
