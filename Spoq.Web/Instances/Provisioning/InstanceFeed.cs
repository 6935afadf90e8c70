using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances;

namespace Spoq.Web.Instances.Provisioning;

/// <summary>One client's view of one instance: reads again at every change and sends what is new, in order, each once.</summary>
internal sealed class InstanceFeed(MemberService members, InstanceService instances, ISingleClientProxy client, Guid accountId, Guid instanceId, long afterEventId) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private IDisposable? _watch;
    private long _last = afterEventId;

    public Task StartAsync(InstanceWatcher watcher)
    {
        _watch = watcher.Watch(instanceId, SendAsync);
        return SendAsync();
    }

    /// <summary>A call under way may still end: the turn is left to the garbage collector.</summary>
    public void Dispose() => _watch?.Dispose();

    private async Task SendAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (await members.FindAsync(accountId, instanceId, CancellationToken.None) is not { } access)
            {
                // A member was let out: nothing more is told.
                Dispose();
                return;
            }

            foreach (var line in await instances.StoryAsync(instanceId, _last, int.MaxValue, CancellationToken.None))
            {
                await client.SendAsync("InstanceEvent", new InstanceEventMessage(line.Id, line.InstanceId, line.At, line.Kind, line.Message, line.Step));
                _last = line.Id;
            }

            await client.SendAsync("InstanceChanged", InstanceMessage.Of(access.Instance));
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <summary>One line of the story as the hub sends it.</summary>
internal sealed record InstanceEventMessage(long Id, Guid InstanceId, DateTimeOffset At, string Kind, string Message, string? Step);

/// <summary>An instance as the hub sends it.</summary>
internal sealed record InstanceMessage(Guid Id, string Hostname, string State, DateTimeOffset StateSince, string? Step, int Percent, string Headline, string Next, string? Error, DateTimeOffset? ReadyAt)
{
    public static InstanceMessage Of(Instance instance)
    {
        var story = Story.Of(instance, []);
        return new InstanceMessage(
            instance.Id,
            instance.Hostname,
            JsonNamingPolicy.SnakeCaseLower.ConvertName(instance.State.ToString()),
            instance.StateSince,
            instance.Step?.Key(),
            story.Percent,
            story.Headline,
            story.Next,
            instance.ErrorMessage,
            instance.ReadyAt);
    }
}
