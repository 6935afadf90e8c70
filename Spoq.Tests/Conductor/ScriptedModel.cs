using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>An endpoint of OpenAI's form that answers what it was told to, in order.</summary>
internal sealed class ScriptedModel : IDisposable
{
    private readonly HttpListener _listener;
    private readonly ConcurrentQueue<Func<HttpListenerContext, Task>> _answers = new();

    public ScriptedModel()
    {
        _listener = Loopback.Listen(out var root);
        Url = new Uri(root, "v1");
        _ = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>Bodies in the order in which they came.</summary>
    public ConcurrentQueue<JsonElement> Asked { get; } = new();

    public ConcurrentQueue<string?> Keys { get; } = new();

    public ScriptedModel Says(params string[] pieces) => Streams([.. pieces.Select(Text), Chunk("{}", "stop"), Usage]);

    public ScriptedModel Calls(string name, object arguments, string id = "call_1") => Streams(
    [
        Chunk($$$"""{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"{{{id}}}","type":"function","function":{"name":"{{{name}}}","arguments":""}}]}"""),
        .. JsonSerializer.Serialize(arguments).Chunk(7).Select(part => Chunk($$$"""{"tool_calls":[{"index":0,"function":{"arguments":{{{JsonSerializer.Serialize(new string(part))}}}}}]}""")),
        Chunk("{}", "tool_calls"),
        Usage,
    ]);

    public ScriptedModel BreaksOffAfter(string piece) => Then(async call =>
    {
        await WriteAsync(call, [Text(piece)]);
        call.Response.Abort();
    });

    public ScriptedModel Refuses(int status, string code = "server_error") => Then(async call =>
    {
        call.Response.StatusCode = status;
        await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes($$$"""{"error":{"message":"No.","type":"x","code":"{{{code}}}"}}"""));
        call.Response.Close();
    });

    public void Dispose() => _listener.Close();

    private const string Usage = """{"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}""";

    private static string Text(string piece) => Chunk($$"""{"content":{{JsonSerializer.Serialize(piece)}}}""");

    private static string Chunk(string delta, string? reason = null) =>
        $$"""{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{(reason is null ? "null" : $"\"{reason}\"")}}}]}""";

    private ScriptedModel Streams(string[] chunks) => Then(async call =>
    {
        await WriteAsync(call, [.. chunks, "[DONE]"]);
        call.Response.Close();
    });

    private static async Task WriteAsync(HttpListenerContext call, string[] chunks)
    {
        call.Response.ContentType = "text/event-stream";
        call.Response.SendChunked = true;
        foreach (var chunk in chunks)
        {
            await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes($"data: {chunk}\n\n"));
            await call.Response.OutputStream.FlushAsync();
        }
    }

    private ScriptedModel Then(Func<HttpListenerContext, Task> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var call = await _listener.GetContextAsync();
                using var body = await JsonDocument.ParseAsync(call.Request.InputStream);
                Asked.Enqueue(body.RootElement.Clone());
                Keys.Enqueue(call.Request.Headers["Authorization"]);
                await (_answers.TryDequeue(out var answer) ? answer(call) : throw new InvalidOperationException("Nothing is left to answer."));
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Hung up, or the test is over.
            }
        }
    }
}
