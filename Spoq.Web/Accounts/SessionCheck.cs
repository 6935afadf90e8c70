using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>Whether a signed-in browser still is: its account's stamp, its own session, and the account not suspended.</summary>
internal sealed class SessionCheck(SignInManager<User> signIn, SessionService sessions, TimeProvider clock)
{
    public async Task<User?> FindAsync(ClaimsPrincipal? principal, IPAddress? address, CancellationToken cancellationToken)
    {
        if (principal?.SessionId() is not { } sessionId || await signIn.ValidateSecurityStampAsync(principal) is not { } user)
        {
            return null;
        }

        return user.LockoutEnd > clock.GetUtcNow() || !await sessions.SeeAsync(user.Id, sessionId, address, cancellationToken) ? null : user;
    }
}

/// <summary>Looks at a cookie every half minute, and at once when a session of its account ended.</summary>
internal sealed class SessionValidator(
    IOptions<SecurityStampValidatorOptions> options, SignInManager<User> signIn, ILoggerFactory loggers, SessionCheck check, SessionNews news)
    : SecurityStampValidator<User>(options, signIn, loggers)
{
    public override Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (context.Properties.IssuedUtc is { } issued && context.Principal?.FindAccountId() is { } accountId && news.HasNewsSince(accountId, issued))
        {
            context.Properties.IssuedUtc = issued - Options.ValidationInterval - TimeSpan.FromSeconds(1);
        }

        return base.ValidateAsync(context);
    }

    protected override Task<User?> VerifySecurityStamp(ClaimsPrincipal? principal) =>
        check.FindAsync(principal, SignInManager.Context.Connection.RemoteIpAddress, SignInManager.Context.RequestAborted);
}
