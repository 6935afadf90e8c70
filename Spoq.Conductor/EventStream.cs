using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Spoq.Conductor;

/// <summary>Server-sent events to one caller. Comments keep idle streams open through proxies; a slow reader slows the sender.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    private readonly HttpResponse _response;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _ended;
    private readonly Task _keepingAlive;

    private EventStream(HttpContext context)
    {
        _response = context.Response;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        _keepingAlive = KeepAliveAsync(_ended.Token);
    }

    public static async Task<EventStream> StartAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        return new EventStream(context);
    }

    public Task SendAsync<T>(string name, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        // JSON on one line, so it needs no splitting over several data fields.
        byte[] frame = [.. "event: "u8, .. System.Text.Encoding.ASCII.GetBytes(name), .. "\ndata: "u8, .. JsonSerializer.SerializeToUtf8Bytes(value, type), .. "\n\n"u8];
        return WriteAsync(frame, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _keepingAlive;
        _ended.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _response.Body.WriteAsync(frame, cancellationToken);
            await _response.Body.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_keepAlive);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await WriteAsync(": still here\n\n"u8.ToArray(), cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The stream ended or the caller left; both are how this loop stops.
        }
    }
}
