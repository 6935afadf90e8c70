using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>Where a browser goes once the first step of signing in is done, whichever way that was.</summary>
internal sealed class LoginFlow(BrowserSession session, BrowserMemory memory)
{
    /// <summary>A new account starts with the wizard, unless its person was on the way somewhere.</summary>
    public Task<string> WelcomeAsync(HttpContext context, Guid accountId, string method, string? next) =>
        session.OpenAsync(context, accountId, method, LocalPath.Check(next) ?? "/setup", isFirst: true);

    public async Task<string> NextAsync(HttpContext context, LoggedIn loggedIn, string method, string? next)
    {
        if (loggedIn.SecondFactorTicket is { } ticket)
        {
            memory.HoldSecondFactorTicket(context, ticket);
            return Forms.To("/login/2fa", LocalPath.Check(next));
        }

        if (loggedIn.Unconfirmed is { } signUp)
        {
            memory.HoldSignUpTicket(context, signUp.Ticket);
            return $"/confirm-email?ticket={signUp.Ticket}";
        }

        return await session.OpenAsync(context, loggedIn.AccountId!.Value, method, next);
    }
}
