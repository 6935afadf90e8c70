using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>The real server in front of three emulated upstreams, and a customer with a key.</summary>
public sealed class AiWorld : IAsyncLifetime
{
    public const string Model = "gpt-small";
    public const string Claude = "claude-small";

    public AiEmulator First { get; private set; } = null!;

    public AiEmulator Second { get; private set; } = null!;

    public AiEmulator Anthropic { get; private set; } = null!;

    public SpoqServer Server { get; private set; } = null!;

    internal ApiClient Customer { get; private set; } = null!;

    public string Key { get; private set; } = "";

    public HttpClient Program { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        First = await AiEmulator.StartAsync("first");
        Second = await AiEmulator.StartAsync("second");
        Anthropic = await AiEmulator.StartAsync("anthropic");
        Server = await SpoqServer.NewAsync(Settings(First, Second, Anthropic));
        Customer = await ApiClient.SignedUpAsync(Server);
        (_, Key) = await NewKeyAsync();
        Program = NewProgram(Key);
    }

    public async Task DisposeAsync()
    {
        Program.Dispose();
        Customer.Dispose();
        await Server.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Anthropic.DisposeAsync();
    }

    public static Dictionary<string, string> Settings(AiEmulator first, AiEmulator second, AiEmulator anthropic) => new()
    {
        ["Ai__Upstreams__0__Name"] = "first",
        ["Ai__Upstreams__0__Kind"] = "openai",
        ["Ai__Upstreams__0__BaseUrl"] = first.BaseUrl.AbsoluteUri,
        ["Ai__Upstreams__0__Key"] = AiEmulator.Key,
        ["Ai__Upstreams__0__MaxFailures"] = "1000",
        ["Ai__Upstreams__0__AnswerTimeoutSeconds"] = "5",
        ["Ai__Upstreams__0__IdleTimeoutSeconds"] = "4",
        ["Ai__Upstreams__0__Models__0__Name"] = Model,
        ["Ai__Upstreams__0__Models__0__Input"] = "1.25",
        ["Ai__Upstreams__0__Models__0__CachedInput"] = "0.125",
        ["Ai__Upstreams__0__Models__0__Output"] = "10",
        ["Ai__Upstreams__0__Models__1__Name"] = "nice-name",
        ["Ai__Upstreams__0__Models__1__UpstreamName"] = "vendor/ugly-name",
        ["Ai__Upstreams__0__Models__1__Input"] = "1",
        ["Ai__Upstreams__0__Models__1__Output"] = "1",
        ["Ai__Upstreams__0__Models__2__Name"] = "unpriced",
        ["Ai__Upstreams__0__Models__3__Name"] = "pro-only",
        ["Ai__Upstreams__0__Models__3__Input"] = "1",
        ["Ai__Upstreams__0__Models__3__Output"] = "1",
        ["Ai__Upstreams__0__Models__3__Plans__0"] = "pro",
        ["Ai__Upstreams__1__Name"] = "second",
        ["Ai__Upstreams__1__Kind"] = "openai",
        ["Ai__Upstreams__1__BaseUrl"] = second.BaseUrl.AbsoluteUri + "v1",
        ["Ai__Upstreams__1__Key"] = AiEmulator.Key,
        ["Ai__Upstreams__1__MaxFailures"] = "1000",
        ["Ai__Upstreams__1__AnswerTimeoutSeconds"] = "5",
        ["Ai__Upstreams__1__IdleTimeoutSeconds"] = "4",
        ["Ai__Upstreams__1__Models__0__Name"] = Model,
        ["Ai__Upstreams__2__Name"] = "claudes",
        ["Ai__Upstreams__2__Kind"] = "anthropic",
        ["Ai__Upstreams__2__BaseUrl"] = anthropic.BaseUrl.AbsoluteUri,
        ["Ai__Upstreams__2__Key"] = AiEmulator.Key,
        ["Ai__Upstreams__2__MaxFailures"] = "1000",
        ["Ai__Upstreams__2__AnswerTimeoutSeconds"] = "5",
        ["Ai__Upstreams__2__IdleTimeoutSeconds"] = "4",
        ["Ai__Upstreams__2__Models__0__Name"] = Claude,
        ["Ai__Upstreams__2__Models__0__Input"] = "3",
        ["Ai__Upstreams__2__Models__0__CachedInput"] = "0.3",
        ["Ai__Upstreams__2__Models__0__CacheWrite"] = "3.75",
        ["Ai__Upstreams__2__Models__0__Output"] = "15",
    };

    public async Task<(Guid Id, string Secret)> NewKeyAsync(string scope = "ai")
    {
        using var made = await Customer.PostAsync("/v1/api-keys", new { name = "A program", scopes = new[] { scope } });
        var key = await ApiClient.JsonAsync(made, HttpStatusCode.Created);
        return (key.GetProperty("id").GetGuid(), key.GetProperty("key").GetString()!);
    }

    /// <summary>Another node on the same database and the same upstreams.</summary>
    public async Task<SpoqServer> SiblingAsync(params (string Name, string Value)[] settings)
    {
        var all = Settings(First, Second, Anthropic);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return await Server.NewSiblingAsync(all);
    }

    public HttpClient NewProgram(string key) => NewProgram(Server, key);

    public static HttpClient NewProgram(SpoqServer server, string key)
    {
        var program = server.NewClient();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return program;
    }

    /// <summary>A chat request as a body.</summary>
    public static JsonObject Chat(AiScript script, bool stream = false, string model = Model) => new()
    {
        ["model"] = model,
        ["stream"] = stream,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Say something." }),
        ["x_script"] = JsonSerializer.SerializeToNode(script, JsonSerializerOptions.Web),
    };

    public static JsonObject Message(AiScript script, bool stream = false, string model = Claude)
    {
        var message = Chat(script, stream, model);
        message["max_tokens"] = 100;
        return message;
    }

    public async Task<HttpResponseMessage> PostAsync(string path, string body, HttpClient? program = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await (program ?? Program).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> PostAsync(string path, JsonObject body, HttpClient? program = null) => PostAsync(path, body.ToJsonString(), program);
}
