using Microsoft.AspNetCore.Components;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>Where a browser goes once the first step of signing in is done, whichever way that was.</summary>
internal sealed class LoginFlow(BrowserSession session, BrowserMemory memory, NavigationManager navigation)
{
    public async Task<string> NextAsync(HttpContext context, LoggedIn loggedIn, string method, string? next)
    {
        if (loggedIn.SecondFactorTicket is { } ticket)
        {
            memory.HoldSecondFactorTicket(context, ticket);
            return navigation.With("/login/2fa", LocalPath.Check(next));
        }

        if (loggedIn.Unconfirmed is { } signUp)
        {
            memory.HoldSignUpTicket(context, signUp.Ticket);
            return $"/confirm-email?ticket={signUp.Ticket}";
        }

        return await session.OpenAsync(context, loggedIn.AccountId!.Value, method, next);
    }
}
