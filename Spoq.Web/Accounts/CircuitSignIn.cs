using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>A circuit outlives the request that opened it: it asks again whether its person is still signed in.</summary>
internal sealed class CircuitSignIn(ILoggerFactory loggers, IServiceScopeFactory scopes) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => SignInSetup.Revalidation;

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var signIn = scope.ServiceProvider.GetRequiredService<SignInManager<User>>();
        return await signIn.ValidateSecurityStampAsync(authenticationState.User) is not null;
    }
}
