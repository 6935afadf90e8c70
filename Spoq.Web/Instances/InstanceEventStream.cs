using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Instances;

/// <summary>When a stream must end whatever its client does: this node stops, or the token that opened it expires.</summary>
internal sealed class StreamTimes(IHostApplicationLifetime lifetime, TimeProvider clock)
{
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    public TimeSpan Until(DateTimeOffset at) => at - clock.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero;
}

/// <summary>
/// Server-sent events (WHATWG HTML, section 9.2) of one instance's story, each line once and in order. Between the
/// lines a comment keeps proxies from closing it, and the caller's right is looked at again.
/// </summary>
internal sealed class InstanceEventStream(
    InstanceService instances, MemberService members, InstanceWatcher watcher, CallerStanding standing, IOptions<JsonOptions> json, StreamTimes times)
{
    public const string MediaType = "text/event-stream";

    private const int Batch = 200;

    /// <summary>Below what proxies wait for, and well inside the minute in which a revocation must act.</summary>
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(15);

    public async Task RunAsync(HttpContext http, Guid instanceId, long lastSeen, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, times.Stopping);
        if (http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc is { } expires && http.User.Credential() == CredentialKind.Token)
        {
            over.CancelAfter(times.Until(expires));
        }

        var news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watch = watcher.Watch(instanceId, () =>
        {
            news.Writer.TryWrite(true);
            return Task.CompletedTask;
        });
        Begin(http.Response);
        try
        {
            // Clients that lose the line come back after this long.
            await WriteAsync(http.Response, "retry: 3000\n\n", over.Token);
            while (await IsStillAllowedAsync(http, instanceId, over.Token))
            {
                lastSeen = await SendNewAsync(http.Response, instanceId, lastSeen, over.Token);
                if (!await HeardAsync(news.Reader, over.Token))
                {
                    await WriteAsync(http.Response, ": still here\n\n", over.Token);
                }
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The client left, or this node stops: it resumes elsewhere by its last id.
        }
    }

    private static void Begin(HttpResponse response)
    {
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private async Task<bool> IsStillAllowedAsync(HttpContext http, Guid instanceId, CancellationToken cancellationToken) =>
        await standing.StillStandsAsync(http.User, cancellationToken) && await members.FindAsync(http.User.AccountId(), instanceId, cancellationToken) is not null;

    private async Task<long> SendNewAsync(HttpResponse response, Guid instanceId, long lastSeen, CancellationToken cancellationToken)
    {
        while (true)
        {
            var lines = await instances.StoryAsync(instanceId, lastSeen, Batch, cancellationToken);
            foreach (var line in lines)
            {
                var data = JsonSerializer.Serialize(EventAnswer.Of(line), json.Value.SerializerOptions);
                await WriteAsync(response, $"id: {line.Id}\nevent: {line.Kind}\ndata: {data}\n\n", cancellationToken);
                lastSeen = line.Id;
            }

            if (lines.Count < Batch)
            {
                return lastSeen;
            }
        }
    }

    /// <summary>False: nothing happened within a heartbeat.</summary>
    private static async Task<bool> HeardAsync(ChannelReader<bool> news, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_heartbeat);
        try
        {
            return await news.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
