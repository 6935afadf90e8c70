using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Spoq.Conductor.Reports;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Desired;

/// <summary>Asks the control plane what it wants: at the start, when poked, when a heartbeat's answer names another revision, and every five minutes.</summary>
internal sealed class StatePuller(ConductorConfig config, HomeLine home, StateHolder holder, TimeProvider clock, ILogger<StatePuller> log)
{
    private static readonly TimeSpan s_between = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    // However many pokes wait, one look answers them all.
    private readonly Channel<bool> _pokes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary><c>POST /api/poke</c>: nothing in it is read; it may come from the control plane alone, and only says "ask".</summary>
    public Task TakePokeAsync(HttpContext context)
    {
        Poke();
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return Task.CompletedTask;
    }

    public void Poke() => _pokes.Writer.TryWrite(true);

    /// <param name="revision">Which the control plane has now; null: it did not say.</param>
    public void Compare(string? revision)
    {
        if (revision is not null && revision != holder.Current?.Revision)
        {
            Poke();
        }
    }

    public async Task RunAsync(string instanceToken, CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            failures = await PullAsync(instanceToken, cancellationToken) ? 0 : failures + 1;
            var wait = failures == 0 ? s_between : TimeSpan.FromTicks(Math.Min(s_longest.Ticks, s_afterFailure.Ticks << Math.Min(failures - 1, 5)));
            await WaitAsync(wait, cancellationToken);
        }
    }

    private async Task<bool> PullAsync(string instanceToken, CancellationToken cancellationToken)
    {
        using var answer = await home.SendAsync(HttpMethod.Get, "desired-state", instanceToken, null, holder.Current?.Revision, cancellationToken);
        if (answer is { StatusCode: HttpStatusCode.NotModified })
        {
            return true;
        }

        if (answer is not { IsSuccessStatusCode: true } || await ReadAsync(answer, cancellationToken) is not { } state || state.InstanceId != config.InstanceId)
        {
            log.LogWarning("What the control plane wants could not be read ({Status}).", HomeLine.Name(answer));
            return false;
        }

        await holder.TakeAsync(state, cancellationToken);
        log.LogInformation("The control plane's wishes are those of {AsOf:O}.", state.AsOf);
        return true;
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(wait, clock, over.Token), _pokes.Reader.WaitToReadAsync(over.Token).AsTask());
        await over.CancelAsync();
        _pokes.Reader.TryRead(out _);
    }

    private static async Task<DesiredState?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(WireJson.Default.DesiredState, cancellationToken);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }
}
