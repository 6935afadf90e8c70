using System.Security.Claims;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>Signs a browser in and out, and remembers that it once was in: strangers' wrong tries do not shut it out.</summary>
internal sealed class BrowserSession(SignInManager<User> signIn, AccountService accounts, SessionService sessions, BrowserMemory memory)
{
    /// <param name="context">The browser's request.</param>
    /// <param name="accountId">Who they proved to be.</param>
    /// <param name="method">How; see <see cref="SignInMethod"/>.</param>
    /// <param name="next">Where they were heading.</param>
    /// <param name="isFirst">The account was made just now: nobody needs to be told of a new browser.</param>
    /// <returns>The page to go on to.</returns>
    public async Task<string> OpenAsync(HttpContext context, Guid accountId, string method, string? next, bool isFirst = false)
    {
        var isNew = memory.KnownAccount(context) != accountId && !isFirst;
        var replaced = context.User.FindAccountId() == accountId ? context.User.SessionId() : null;
        var sessionId = await sessions.OpenAsync(accountId, method, replaced, isNew, context.Caller(), context.RequestAborted);
        await WriteAsync(accountId, sessionId);
        memory.Remember(context, accountId);
        return LocalPath.Check(next) ?? await accounts.LandingAsync(accountId, context.RequestAborted);
    }

    /// <summary>The same session with a cookie that carries the account's new stamp.</summary>
    public Task RenewAsync(HttpContext context) => WriteAsync(context.User.AccountId(), context.User.SessionId()!.Value);

    public async Task CloseAsync(HttpContext context)
    {
        if (context.User.SessionId() is { } sessionId)
        {
            // Nothing to tell if it had ended already.
            await sessions.EndAsync(context.User.AccountId(), sessionId, context.Caller(), context.RequestAborted);
        }

        await signIn.SignOutAsync();
    }

    private async Task WriteAsync(Guid accountId, Guid sessionId)
    {
        // Read anew: the request's own context may hold the account as it was before its stamp changed.
        var user = await accounts.ReadAsync(accountId, CancellationToken.None);
        await signIn.SignInWithClaimsAsync(user, isPersistent: true, [new Claim(SignedIn.SessionClaim, sessionId.ToString()), new Claim(SignedIn.ByClaim, SignedIn.ByCookie)]);
    }
}

/// <summary>What a browser keeps for us beside its session, sealed: whose it was, and what it is in the middle of.</summary>
internal sealed class BrowserMemory(IDataProtectionProvider protection, IHostEnvironment environment)
{
    private static readonly TimeSpan s_memory = TimeSpan.FromDays(180);

    public Guid? KnownAccount(HttpContext context) => Guid.TryParse(Read(context, "spoq-known", "known-browser"), out var accountId) ? accountId : null;

    public void Remember(HttpContext context, Guid accountId) => Write(context, "spoq-known", "known-browser", accountId.ToString(), s_memory);

    /// <summary>The ticket of a sign-in that waits for its code.</summary>
    public string? SecondFactorTicket(HttpContext context) => Read(context, "spoq-code", "second-factor");

    public void HoldSecondFactorTicket(HttpContext context, string ticket) => Write(context, "spoq-code", "second-factor", ticket, Core.Accounts.SecondFactorTicket.Life);

    public void DropSecondFactorTicket(HttpContext context) => Drop(context, "spoq-code");

    /// <summary>The ticket of a sign-up whose address is still to be confirmed: shows that the mailed link is opened where the password was chosen.</summary>
    public string? SignUpTicket(HttpContext context) => Read(context, "spoq-signup", "sign-up");

    public void HoldSignUpTicket(HttpContext context, string ticket) => Write(context, "spoq-signup", "sign-up", ticket, SignUp.Life);

    public void DropSignUpTicket(HttpContext context) => Drop(context, "spoq-signup");

    private string? Read(HttpContext context, string name, string purpose)
    {
        if (!context.Request.Cookies.TryGetValue(Cookie(name, null).Name!, out var value))
        {
            return null;
        }

        try
        {
            return protection.CreateProtector(purpose).Unprotect(value);
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private void Write(HttpContext context, string name, string purpose, string value, TimeSpan life)
    {
        var cookie = Cookie(name, life);
        context.Response.Cookies.Append(cookie.Name!, protection.CreateProtector(purpose).Protect(value), cookie.Build(context));
    }

    private void Drop(HttpContext context, string name)
    {
        var cookie = Cookie(name, null);
        context.Response.Cookies.Delete(cookie.Name!, cookie.Build(context));
    }

    private CookieBuilder Cookie(string name, TimeSpan? life)
    {
        var cookie = new CookieBuilder { SameSite = SameSiteMode.Lax, IsEssential = true, MaxAge = life };
        SignInSetup.Harden(cookie, name, environment);
        return cookie;
    }
}
