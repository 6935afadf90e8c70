using Spoq.Conductor.Desired;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Reports;

/// <summary>Every half minute: how this computer fares; the answer names the revision of what is wanted of it.</summary>
internal sealed class Heartbeats(HomeLine home, ResourceMeter meter, HomeNews news, StatePuller puller, TimeProvider clock, ILogger<Heartbeats> log)
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(30);

    /// <summary>Until it is told to stop.</summary>
    public async Task RunAsync(string instanceToken, CancellationToken cancellationToken)
    {
        var pulling = puller.RunAsync(instanceToken, cancellationToken);
        while (true)
        {
            var wait = await SendAsync(instanceToken, cancellationToken) ? s_between : s_between * (1 + Random.Shared.NextDouble());
            if (await Task.WhenAny(pulling, Task.Delay(wait, clock, cancellationToken)) == pulling)
            {
                await pulling;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> SendAsync(string instanceToken, CancellationToken cancellationToken)
    {
        var use = meter.Read();
        var heartbeat = news.AddTo(new Heartbeat(ConductorVersion.Current, use.CpuPercent, use.MemoryUsedBytes, use.MemoryTotalBytes, use.DiskUsedBytes, use.DiskTotalBytes));
        using var answer = await home.SendAsync(HttpMethod.Post, "heartbeat", instanceToken, JsonContent.Create(heartbeat, WireJson.Default.Heartbeat), null, cancellationToken);
        if (answer is not { IsSuccessStatusCode: true })
        {
            log.LogWarning("The heartbeat was not taken ({Status}).", HomeLine.Name(answer));
            return false;
        }

        news.Told(heartbeat);
        puller.Compare(answer.Headers.TryGetValues(DesiredState.RevisionHeader, out var revisions) ? revisions.First() : null);
        return true;
    }
}
