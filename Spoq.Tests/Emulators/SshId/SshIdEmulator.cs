using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Spoq.Tests.Emulators.SshId;

/// <summary>ssh.id on loopback: answers in the ways the real one has been seen to, and in those it should not.</summary>
public sealed class SshIdEmulator : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SshIdEmulator(WebApplication app)
    {
        _app = app;
    }

    public Uri BaseUrl => new(_app.Urls.First());

    /// <summary>Handle to keys, one line each.</summary>
    public ConcurrentDictionary<string, string[]> Handles { get; } = new();

    public ConcurrentQueue<(string Accept, string UserAgent)> Asked { get; } = new();

    public static async Task<SshIdEmulator> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var emulator = new SshIdEmulator(app);
        app.MapGet("/{handle}", emulator.AnswerAsync);
        await app.StartAsync();
        return emulator;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<IResult> AnswerAsync(string handle, HttpRequest request)
    {
        Asked.Enqueue((request.Headers.Accept.ToString(), request.Headers.UserAgent.ToString()));
        if (Handles.TryGetValue(handle, out var keys))
        {
            return Results.Text(string.Concat(keys.Select(key => key + "\n")), "text/plain");
        }

        switch (handle)
        {
            case "unknown-page":
                return Results.Text("<!doctype html><title>SSH ID</title>", "text/html");
            case "unknown-plain-page":
                return Results.Text("\n<!doctype html>", "text/plain");
            case "empty":
                return Results.Text("", "text/plain");
            case "redirect":
                return Results.Redirect("/elsewhere");
            case "slow":
                await Task.Delay(TimeSpan.FromMinutes(1), request.HttpContext.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return Results.Empty;
            case "huge":
                return Results.Text(new string('x', 1_000_000), "text/plain");
            case "garbage":
                return Results.Text("\0\u0001 not keys", "text/plain");
            case "broken":
                return Results.StatusCode(500);
            case "limited":
                return Results.StatusCode(429);
            default:
                return Results.NotFound();
        }
    }
}
