using System.Security.Claims;
using Microsoft.AspNetCore.SignalR;
using Npgsql;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>
/// A hub's connection outlives the request that opened it: it ends when the session or grant behind it does, at once
/// on news of a session and within <see cref="s_look"/> otherwise.
/// </summary>
internal sealed class HubSignIn(SessionNews news, GrantStanding grants, IServiceScopeFactory scopes, ILogger<HubSignIn> logger) : IHubFilter
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(15);

    public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        _ = WatchAsync(context.Context);
        return next(context);
    }

    private async Task WatchAsync(HubCallerContext connection)
    {
        if (connection.User?.FindAccountId() is not { } accountId)
        {
            return;
        }

        // Not disposed: news may still arrive while the watch is being taken down.
        var woken = new SemaphoreSlim(0);
        using var watch = news.Watch(accountId, () => woken.Release());
        while (!connection.ConnectionAborted.IsCancellationRequested)
        {
            try
            {
                await woken.WaitAsync(s_look, connection.ConnectionAborted);
                if (!await StandsAsync(connection.User, accountId, connection.ConnectionAborted))
                {
                    connection.Abort();
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException away)
            {
                logger.LogWarning("Whether a hub's caller is still signed in could not be read ({Reason}); it is asked again", away.Message);
            }
        }
    }

    private async Task<bool> StandsAsync(ClaimsPrincipal user, Guid accountId, CancellationToken cancellationToken)
    {
        if (user.SessionId() is null)
        {
            return !Guid.TryParse(user.FindFirstValue(SignedIn.SessionClaim), out var grantId) || (await grants.OfAsync(grantId, accountId, cancellationToken)).Standing != Standing.Ended;
        }

        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<SessionCheck>().FindAsync(user, null, cancellationToken) is not null;
    }
}
