using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Instances.Containers;

/// <summary>
/// Stands before an engine and breaks off: so many requests are done, the last of them without its answer, as it is for
/// a process that is killed while it waits.
/// </summary>
internal sealed class DyingPassage : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-passage-").FullName;
    private readonly HttpClient _engine;
    private readonly WebApplication _app;
    private int _left;

    private DyingPassage(string engine, int requests)
    {
        _left = requests;
        _engine = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await line.ConnectAsync(new UnixDomainSocketEndPoint(engine), cancellationToken);
                return new NetworkStream(line, ownsSocket: true);
            },
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Socket));
        _app = builder.Build();
        _app.Run(PassAsync);
    }

    public string Socket => Path.Combine(_folder, "engine.sock");

    public static async Task<DyingPassage> StartAsync(string engine, int requests)
    {
        var passage = new DyingPassage(engine, requests);
        await passage._app.StartAsync();
        return passage;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task PassAsync(HttpContext context)
    {
        var left = Interlocked.Decrement(ref _left);
        if (left < 0)
        {
            context.Abort();
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), $"http://engine{context.Request.Path}{context.Request.QueryString}");
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body) { Headers = { { "Content-Type", context.Request.ContentType }, { "Content-Length", $"{context.Request.ContentLength}" } } };
        }

        // Done to its end, whoever still listens.
        using var answer = await _engine.SendAsync(request, CancellationToken.None);
        if (left == 0)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.Headers.TryGetValues("Api-Version", out var version))
        {
            context.Response.Headers["Api-Version"] = version.ToArray();
        }

        if (answer.StatusCode is not (System.Net.HttpStatusCode.NoContent or System.Net.HttpStatusCode.NotModified))
        {
            await context.Response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync(context.RequestAborted), context.RequestAborted);
        }
    }
}
