using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Spoq.Bench;

/// <summary>What the AI proxy is measured against, each a process of its own: an upstream that costs next to nothing, and a pass-through without any of what makes a proxy.</summary>
internal static class AiNeighbours
{
    private const int Pieces = 100;

    /// <summary>Answers at once; the length of the answer is in <c>user</c>: small, or 64 KB.</summary>
    public static async Task ServeUpstreamAsync(string port)
    {
        var (small, large) = (Answer(64), Answer(64 * 1024));
        var piece = Encoding.UTF8.GetBytes("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n");
        var end = Encoding.UTF8.GetBytes("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":100,\"total_tokens\":110}}\n\ndata: [DONE]\n\n");
        await using var app = NewServer(port, out var builder);
        app.Run(async http =>
        {
            var body = await ReadAsync(http);
            if (body.Contains("\"stream\":true", StringComparison.Ordinal))
            {
                http.Response.ContentType = "text/event-stream";
                for (var i = 0; i < Pieces; i++)
                {
                    await http.Response.BodyWriter.WriteAsync(piece);
                }

                await http.Response.BodyWriter.WriteAsync(end);
                return;
            }

            var answer = body.Length > 32 * 1024 ? large : small;
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = answer.Length;
            await http.Response.BodyWriter.WriteAsync(answer);
        });
        await app.RunAsync();
    }

    /// <summary>Kestrel and an HTTP client on the same runtime, copying.</summary>
    public static async Task ServePassThroughAsync(string port, string upstream)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ActivityHeadersPropagator = null });
        var address = new Uri(upstream);
        await using var app = NewServer(port, out _);
        app.Run(async http =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, http.Request.Path.Value)) { Content = new StreamContent(http.Request.Body) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            request.Content.Headers.ContentLength = http.Request.ContentLength;
            using var response = await client.SendAsync(request, http.RequestAborted);
            http.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            http.Response.ContentLength = response.Content.Headers.ContentLength;
            await using var stream = await response.Content.ReadAsStreamAsync();
            var writer = http.Response.BodyWriter;
            while (true)
            {
                var read = await stream.ReadAsync(writer.GetMemory(16 * 1024));
                if (read == 0)
                {
                    return;
                }

                writer.Advance(read);
                await writer.FlushAsync();
            }
        });
        await app.RunAsync();
    }

    private static WebApplication NewServer(string port, out WebApplicationBuilder builder)
    {
        builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        return app;
    }

    private static async Task<string> ReadAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private static byte[] Answer(int length) => Encoding.UTF8.GetBytes(
        $"{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"bench\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{new string('x', length)}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}}}");
}
