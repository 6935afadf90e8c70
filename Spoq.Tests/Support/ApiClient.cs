using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Spoq.Tests.Support;

/// <summary>A program that speaks JSON to a server, from a loopback address of its own so that tests do not share limits.</summary>
internal sealed class ApiClient : IDisposable
{
    public const string Password = "correct horse battery staple";

    private static int s_last = 1;

    private readonly Uri _baseUrl;

    public ApiClient(SpoqServer server)
        : this(server.BaseUrl)
    {
    }

    public ApiClient(Uri baseUrl)
    {
        _baseUrl = baseUrl;
        var number = Interlocked.Increment(ref s_last);
        var from = new IPAddress([127, 1, (byte)(number / 250), (byte)(number % 250 + 1)]);
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        Http = new HttpClient(handler) { BaseAddress = baseUrl, Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Http { get; }

    public string Email { get; } = $"{Guid.NewGuid():n}@example.com";

    public Guid AccountId { get; private set; }

    public string RefreshToken { get; private set; } = "";

    public string? Token
    {
        get => Http.DefaultRequestHeaders.Authorization?.Parameter;
        set => Http.DefaultRequestHeaders.Authorization = value is null ? null : new AuthenticationHeaderValue("Bearer", value);
    }

    public void Dispose() => Http.Dispose();

    /// <summary>A confirmed account, signed in by token.</summary>
    public static Task<ApiClient> SignedUpAsync(SpoqServer server) => SignedUpAsync(server.BaseUrl);

    public static async Task<ApiClient> SignedUpAsync(Uri baseUrl)
    {
        var client = new ApiClient(baseUrl);
        await client.RegisterAsync();
        using var verified = await client.PostAsync("/api/auth/verify-email", new { code = await client.CodeFromMailAsync() });
        Assert.Equal(HttpStatusCode.OK, verified.StatusCode);
        return client;
    }

    public async Task RegisterAsync(string path = "/api/auth/register")
    {
        using var answer = await PostAsync(path, new { email = Email, password = Password, name = "Ada" });
        Keep(await JsonAsync(answer, HttpStatusCode.OK));
    }

    /// <summary>Anew, with the password.</summary>
    public async Task LogInAsync()
    {
        using var answer = await PostAsync("/api/auth/login", new { email = Email, password = Password });
        Keep(await JsonAsync(answer, HttpStatusCode.OK));
    }

    public void Keep(JsonElement tokens)
    {
        Token = tokens.GetProperty("access_token").GetString();
        RefreshToken = tokens.GetProperty("refresh_token").GetString()!;
        AccountId = tokens.GetProperty("user_id").GetGuid();
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> DeleteAsync(string path) => Http.DeleteAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null, string? idempotencyKey = null) => SendAsync(HttpMethod.Post, path, body, idempotencyKey);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = body is string text ? new StringContent(text, Encoding.UTF8, "application/json") : JsonContent.Create(body);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return await Http.SendAsync(request);
    }

    public async Task<JsonElement> ReadAsync(string path)
    {
        using var answer = await GetAsync(path);
        return await JsonAsync(answer, HttpStatusCode.OK);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode} instead of {(int)expected}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Refused as expected; says with which code.</summary>
    public static async Task<string> CodeAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var problem = await JsonAsync(answer, expected);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem.GetProperty("code").GetString()!;
    }

    /// <summary>The code of the newest mail to this client.</summary>
    public async Task<string> CodeFromMailAsync()
    {
        var code = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var mails = await Http.GetFromJsonAsync<JsonElement>("/dev/mail/messages");
                var text = mails.EnumerateArray().Where(mail => mail.GetProperty("to").GetString() == Email).Select(mail => mail.GetProperty("text").GetString()!).FirstOrDefault();
                code = System.Text.RegularExpressions.Regex.Match(text ?? "", @"\b\d{6}\b").Value;
                return code.Length == 6;
            },
            $"a mail with a code to {Email}");
        return code;
    }

    /// <summary>The secret at the end of the newest mailed link to this client that leads there.</summary>
    public async Task<string> TokenFromMailAsync(string page)
    {
        var token = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var mails = await Http.GetFromJsonAsync<JsonElement>("/dev/mail/messages");
                var links = mails.EnumerateArray().Where(mail => mail.GetProperty("to").GetString() == Email).SelectMany(mail => mail.GetProperty("links").EnumerateArray());
                token = links.Select(link => link.GetString()!).FirstOrDefault(link => link.Contains($"{page}?token=", StringComparison.Ordinal))?.Split("token=")[1] ?? "";
                return token.Length > 0;
            },
            $"a mail with {page} to {Email}");
        return token;
    }

    /// <summary>Orders a computer and answers the order.</summary>
    public async Task<JsonElement> OrderAsync(string plan = "cloud")
    {
        using var ordered = await PostAsync("/api/cloud/instances", new { address = $"a{Guid.NewGuid():n}"[..14], plan });
        return await JsonAsync(ordered, HttpStatusCode.Created);
    }

    /// <summary>Pays an order as a person does at the pretend checkout.</summary>
    public async Task PayAsync(JsonElement order)
    {
        using var visitor = new HttpVisitor(_baseUrl);
        await visitor.LogInAsync(Email);
        var path = new Uri(order.GetProperty("checkout_url").GetString()!).PathAndQuery;
        using var paid = await visitor.SubmitAsync(path, "checkout", await visitor.FormTokenAsync(path), "press=pay");
        Assert.True((int)paid.StatusCode < 400, $"{(int)paid.StatusCode} at the pretend checkout");
    }

    /// <summary>From an account to a computer that runs; answers its id.</summary>
    public async Task<Guid> GetComputerAsync(string plan = "cloud")
    {
        var order = await OrderAsync(plan);
        var id = order.GetProperty("id").GetGuid();
        await PayAsync(order);
        await Eventually.TrueAsync(
            async () => (await ReadAsync($"/api/cloud/instances/{id}")).GetProperty("status").GetString() == "running",
            "the computer to run",
            TimeSpan.FromSeconds(90));
        return id;
    }
}
