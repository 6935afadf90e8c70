using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Npgsql;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>
/// A circuit outlives the request that opened it: it asks again whether its person is still signed in, every half
/// minute and as soon as a session of theirs ends.
/// </summary>
internal sealed class CircuitSignIn : RevalidatingServerAuthenticationStateProvider
{
    private readonly IServiceScopeFactory _scopes;
    private readonly SessionNews _news;
    private readonly ILogger _logger;
    private IDisposable? _watch;

    public CircuitSignIn(ILoggerFactory loggers, IServiceScopeFactory scopes, SessionNews news)
        : base(loggers)
    {
        _scopes = scopes;
        _news = news;
        _logger = loggers.CreateLogger<CircuitSignIn>();
        AuthenticationStateChanged += Watch;
    }

    protected override TimeSpan RevalidationInterval => SignInSetup.Revalidation;

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        await using var scope = _scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<SessionCheck>().FindAsync(authenticationState.User, null, cancellationToken) is not null;
    }

    protected override void Dispose(bool disposing)
    {
        AuthenticationStateChanged -= Watch;
        _watch?.Dispose();
        base.Dispose(disposing);
    }

    private void Watch(Task<AuthenticationState> becomes) => _ = WatchAsync(becomes);

    private async Task WatchAsync(Task<AuthenticationState> becomes)
    {
        var state = await becomes;
        _watch?.Dispose();
        _watch = state.User.FindAccountId() is { } accountId ? _news.Watch(accountId, () => _ = LookAsync(state)) : null;
    }

    private async Task LookAsync(AuthenticationState state)
    {
        try
        {
            if (!await ValidateAuthenticationStateAsync(state, CancellationToken.None))
            {
                SetAuthenticationState(Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity()))));
            }
        }
        catch (NpgsqlException away)
        {
            _logger.LogWarning("Whether an open page's person is still signed in could not be read ({Reason}); the half-minute look asks again", away.Message);
        }
    }
}
