using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Cli.Account;
using Spoq.Core.Wire;

namespace Spoq.Cli.Computer;

/// <summary>The Conductor of one computer, over its Unix socket or over the network with short-lived tokens.</summary>
internal sealed class ComputerClient : IDisposable
{
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_firstAnswer = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly Func<CancellationToken, Task<RuntimeToken>>? _issue;
    private RuntimeToken? _token;
    private DateTimeOffset _tokenUntil;

    private ComputerClient(string name, HttpClient http, Func<CancellationToken, Task<RuntimeToken>>? issue)
    {
        Name = name;
        _http = http;
        _issue = issue;
        _http.Timeout = Timeout.InfiniteTimeSpan;
    }

    public string Name { get; }

    public static ComputerClient OverSocket(string socket)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await line.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(line, ownsSocket: true);
            },
        };
        return new ComputerClient("this computer", new HttpClient(handler) { BaseAddress = new Uri("http://localhost") }, null);
    }

    public static async Task<ComputerClient> OverNetworkAsync(ControlPlane controlPlane, ComputerSeen computer, CancellationToken cancellationToken)
    {
        if (computer.Status != "running")
        {
            throw new CommandFailedException(ExitCode.Failed, $"{computer.Hostname} is {computer.Status}. {computer.Headline} See {controlPlane.Root.At("/dashboard").AbsoluteUri}");
        }

        var client = new ComputerClient(computer.Hostname, ControlPlane.NewClient(), issuing => controlPlane.AskAsync(
            HttpMethod.Post, $"/api/cloud/instances/{computer.Id}/runtime-token", null, CliJson.Default.RuntimeToken, issuing));
        await client.TokenAsync(cancellationToken);
        return client;
    }

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await ReadAsync(answer, type, cancellationToken) ?? throw BrokenOff();
    }

    public async Task<T> PostAsync<TBody, T>(string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(HttpMethod.Post, path, JsonContent.Create(body, bodyType), cancellationToken);
        return await ReadAsync(answer, type, cancellationToken) ?? throw BrokenOff();
    }

    public async Task SendAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, JsonContent.Create(body, type), cancellationToken);
    }

    /// <summary>Server-sent events until the stream ends. One of a kind this version does not know is passed over.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(string path, HttpContent body, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(HttpMethod.Post, path, body, cancellationToken);
        await using var stream = await OpenAsync(answer, cancellationToken);
        await using var events = SseParser.Create(stream, (_, data) => Parse(data, type)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events, cancellationToken))
        {
            if (events.Current.Data is { } happened)
            {
                yield return happened;
            }
        }
    }

    /// <summary>What is read of it ends with an <see cref="IOException"/> when nothing comes for a minute.</summary>
    public static async Task<Stream> OpenAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        new IdleLimitStream(await answer.Content.ReadAsStreamAsync(cancellationToken), s_idle);

    public CommandFailedException BrokenOff() => new(ExitCode.Network, $"The connection to {Name} broke off. Try again when it is back.");

    public void Dispose() => _http.Dispose();

    /// <summary>A success; everything else is a <see cref="CommandFailedException"/>.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = await DescribeAsync(method, path, body, cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_firstAnswer + TimeSpan.FromSeconds((body?.Headers.ContentLength ?? 0) / 100_000));
        try
        {
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                throw await RefusalAsync(answer, cancellationToken);
            }
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CommandFailedException(ExitCode.Network, _issue is null
                ? "The Conductor of this computer does not answer. Look at: systemctl status conductor"
                : $"{Name} does not answer. It may be starting or stopped; look with: spoq status");
        }
    }

    private async Task<HttpRequestMessage> DescribeAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        if (_issue is null)
        {
            return new HttpRequestMessage(method, path) { Content = body };
        }

        var token = await TokenAsync(cancellationToken);
        var request = new HttpRequestMessage(method, token.Endpoint.TrimEnd('/') + path) { Content = body };
        request.Headers.Host = token.Audience;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        return request;
    }

    private async Task<RuntimeToken> TokenAsync(CancellationToken cancellationToken)
    {
        if (_token is null || _tokenUntil - DateTimeOffset.UtcNow < s_margin)
        {
            _token = await _issue!(cancellationToken);
            _tokenUntil = DateTimeOffset.UtcNow.AddSeconds(_token.ExpiresIn);
        }

        return _token;
    }

    private async Task<bool> NextAsync<T>(IAsyncEnumerator<SseItem<T>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw BrokenOff();
        }
    }

    private static T? Parse<T>(ReadOnlySpan<byte> data, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(data, type);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private async Task<T?> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw BrokenOff();
        }
    }

    private async Task<CommandFailedException> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        await ReadAsync(answer, WireJson.Default.Problem, cancellationToken) is { Detail: { } detail }
            ? new CommandFailedException(ExitCode.Failed, detail)
            : new CommandFailedException((int)answer.StatusCode >= 500 ? ExitCode.Network : ExitCode.Failed, $"{Name} answered HTTP {(int)answer.StatusCode}. Look at it with: spoq status");
}

/// <param name="Audience">The hostname the token is for.</param>
internal sealed record RuntimeToken(string Token, int ExpiresIn, string Audience, string Endpoint);
