using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Spoq.Tests.Emulators.Ai;

/// <summary>
/// An upstream on loopback, in both forms, which keeps its own count of tokens. Faults: <c>500</c>, <c>429</c>,
/// <c>401</c>, <c>400</c>, <c>drop_head</c> (hangs up before it answers), <c>stall_head</c>, <c>drop</c> and
/// <c>stall</c> (after some tokens), <c>garbage</c>, <c>no_usage</c>, <c>split</c> (every byte by itself), <c>truncated</c>, <c>running_usage</c> (told with
/// every token, then a hang-up at <c>After</c>), <c>stay</c> (does not hang up after its last word), <c>slow_error</c>
/// (an error whose body never ends).
/// </summary>
public sealed partial class AiEmulator : IAsyncDisposable
{
    public const string Key = "sk-upstream-secret";

    private readonly string _name;
    private WebApplication _app = null!;

    private AiEmulator(string name) => _name = name;

    public AiLedger Ledger { get; } = new();

    /// <summary>True: every request is refused with 500.</summary>
    public bool IsBroken { get; set; }

    public Uri BaseUrl => new(_app.Urls.First());

    public static async Task<AiEmulator> StartAsync(string name = "emulator", int port = 0)
    {
        var emulator = new AiEmulator(name);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);

        // A flush then ends when the bytes are with the other side's kernel: what was written before a hang-up arrives.
        builder.WebHost.UseSockets(sockets => sockets.MaxWriteBufferSize = 2);
        emulator._app = builder.Build();
        emulator._app.Urls.Add($"http://127.0.0.1:{port}");
        emulator._app.MapPost("/v1/chat/completions", http => emulator.ServeAsync(http, emulator.ChatAsync));
        emulator._app.MapPost("/v1/completions", http => emulator.ServeAsync(http, emulator.ChatAsync));
        emulator._app.MapPost("/v1/embeddings", http => emulator.ServeAsync(http, emulator.EmbeddingsAsync));
        emulator._app.MapPost("/v1/messages", http => emulator.ServeAsync(http, emulator.MessagesAsync));
        emulator._app.MapPost("/v1/messages/count_tokens", http => emulator.ServeAsync(http, (_, script, entry) => WriteJsonAsync(http, new { input_tokens = script.Prompt })));
        await emulator._app.StartAsync();
        return emulator;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext http, Func<HttpContext, AiScript, LedgerEntry, Task> serve)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync();
        using var body = JsonDocument.Parse(text);
        var script = AiScript.Of(body.RootElement);
        var entry = new LedgerEntry
        {
            Id = script.Id,
            Path = http.Request.Path,
            Body = script.IsForgotten ? "" : text,
            Headers = http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Prompt = script.Prompt,
            Cached = script.Cached,
        };
        Ledger.Entries.Enqueue(entry);
        http.Items["body"] = body.RootElement;
        var fault = script.Only.Length > 0 && script.Only != _name ? "" : script.Fault;
        if (IsBroken || await RefusedAsync(http, fault))
        {
            entry.IsRefused = true;
            if (IsBroken)
            {
                http.Response.StatusCode = 500;
            }

            return;
        }

        try
        {
            await serve(http, script with { Fault = fault }, entry);
        }
        catch (OperationCanceledException)
        {
            entry.WasLeft = true;
        }
    }

    private static async Task<bool> RefusedAsync(HttpContext http, string fault)
    {
        switch (fault)
        {
            case "500" or "400" or "401" or "429":
                http.Response.StatusCode = int.Parse(fault, null);
                var message = $"upstream says {fault}";
                await WriteJsonAsync(http, http.Request.Path.StartsWithSegments("/v1/messages")
                    ? new { type = "error", error = new { type = "invalid_request_error", message }, request_id = "req_1" }
                    : new { error = new { message, type = "x", param = (string?)null, code = (string?)null } });
                return true;
            case "slow_error":
                http.Response.StatusCode = 400;
                await http.Response.WriteAsync("{\"error\":{\"message\":\"never", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return true;
            case "drop_head":
                http.Abort();
                return true;
            case "stall_head":
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return true;
            case "garbage":
                http.Response.ContentType = "application/json";
                await http.Response.WriteAsync("<html>this is no JSON</html>");
                return true;
            default:
                return false;
        }
    }

    /// <summary>Before each token: true, when the stream is to end here in the way the script says.</summary>
    private static async Task<bool> BreaksAsync(HttpContext http, AiScript script, int at)
    {
        if (script.DelayMilliseconds > 0)
        {
            await Task.Delay(script.DelayMilliseconds, http.RequestAborted);
        }

        if (script.Fault is not ("drop" or "stall" or "running_usage") || at != script.After)
        {
            http.RequestAborted.ThrowIfCancellationRequested();
            return false;
        }

        if (script.Fault != "stall")
        {
            http.Abort();
            return true;
        }

        await Task.Delay(Timeout.Infinite, http.RequestAborted);
        return true;
    }

    private static async Task SendAsync(HttpContext http, AiScript script, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (script.Fault != "split")
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            return;
        }

        foreach (var one in bytes)
        {
            await http.Response.Body.WriteAsync(new[] { one }, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }

    private static Task StayAsync(HttpContext http, AiScript script) => script.Fault == "stay" ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask;

    private static async Task WriteJsonAsync(HttpContext http, object answer)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
