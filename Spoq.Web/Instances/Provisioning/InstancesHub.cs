using Microsoft.AspNetCore.SignalR;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Accounts;

namespace Spoq.Web.Instances.Provisioning;

/// <summary>
/// Live progress for clients other than our own pages: <c>Subscribe</c> answers the whole story so far and goes on
/// with <c>InstanceEvent</c> and <c>InstanceChanged</c>, for the owner and for members. Another account's id looks like a missing one.
/// </summary>
internal sealed class InstancesHub(MemberService members, InstanceService instances, InstanceWatcher watcher, IHubContext<InstancesHub> hub) : Hub
{
    private const int MaxSubscriptions = 16;

    public Task Subscribe(Guid instanceId) => SubscribeAfter(instanceId, 0);

    /// <param name="afterEventId">The last event the client has seen.</param>
    public async Task SubscribeAfter(Guid instanceId, long afterEventId)
    {
        var accountId = Context.User!.AccountId();
        if (await members.FindAsync(accountId, instanceId, Context.ConnectionAborted) is null)
        {
            throw new HubException($"{InstanceRefusals.NotFound.Code}: {InstanceRefusals.NotFound.Message}");
        }

        var mine = Subscriptions();
        if (!mine.ContainsKey(instanceId) && mine.Count >= MaxSubscriptions)
        {
            throw new HubException("too_many_subscriptions: Unsubscribe from another computer first.");
        }

        Unsubscribe(instanceId);
        var feed = new InstanceFeed(members, instances, hub.Clients.Client(Context.ConnectionId), accountId, instanceId, afterEventId);
        mine[instanceId] = feed;
        await feed.StartAsync(watcher);
    }

    public void Unsubscribe(Guid instanceId)
    {
        if (Subscriptions().Remove(instanceId, out var watch))
        {
            watch.Dispose();
        }
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        foreach (var watch in Subscriptions().Values)
        {
            watch.Dispose();
        }

        return base.OnDisconnectedAsync(exception);
    }

    private Dictionary<Guid, IDisposable> Subscriptions()
    {
        if (Context.Items.TryGetValue(nameof(Subscriptions), out var known))
        {
            return (Dictionary<Guid, IDisposable>)known!;
        }

        var fresh = new Dictionary<Guid, IDisposable>();
        Context.Items[nameof(Subscriptions)] = fresh;
        return fresh;
    }
}
