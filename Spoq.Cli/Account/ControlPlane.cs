using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Account;

/// <summary>The control plane as the person who signed in.</summary>
internal sealed class ControlPlane : IDisposable
{
    private const int LargestAnswer = 4 * 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Screen _screen;

    public ControlPlane(Uri root, Home home, Screen screen)
    {
        Root = root;
        _screen = screen;
        Http = NewClient();
        Session = new Session(root, home, Http);
    }

    public static string Version { get; } =
        typeof(ControlPlane).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public Uri Root { get; }

    public Session Session { get; }

    public HttpClient Http { get; }

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => AskAsync(HttpMethod.Get, path, null, type, cancellationToken);

    public Task<T> PostAsync<TBody, T>(string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => AskAsync(HttpMethod.Post, path, () => JsonContent.Create(body, bodyType), type, cancellationToken);

    public async Task<T> AskAsync<T>(HttpMethod method, string path, Func<HttpContent>? body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(method, path, body, cancellationToken);
        return await ReadAsync(answer, type, cancellationToken) ?? throw Strange(answer);
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, path, null, cancellationToken);
    }

    /// <summary>Signed in, and a success; everything else is a <see cref="CommandFailedException"/>.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, Func<HttpContent>? body, CancellationToken cancellationToken)
    {
        var token = await Session.TokenAsync(cancellationToken);
        var answer = await SendOnceAsync(method, path, body, token, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
        {
            // Taken back, or this machine's clock is wrong: a new one, once.
            answer.Dispose();
            _screen.Detail("The access token was refused; asking for a new one.");
            answer = await SendOnceAsync(method, path, body, await Session.RenewAsync(token, cancellationToken), cancellationToken);
        }

        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw await RefusalAsync(answer, cancellationToken);
        }
    }

    public async Task<T?> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw CommandFailedException.OutOfReach(Root);
        }
    }

    /// <summary>Without a token of ours: the flows that lead to one.</summary>
    public async Task<HttpResponseMessage> SendPlainAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await Http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw CommandFailedException.OutOfReach(Root);
        }
    }

    public CommandFailedException Strange(HttpResponseMessage answer) =>
        new(ExitCode.Failed, $"{Root.Text()} answers, but not as a Spoq control plane (HTTP {(int)answer.StatusCode}). Check the address.");

    public void Dispose() => Http.Dispose();

    public static HttpClient NewClient()
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            Timeout = s_patience,
            MaxResponseContentBufferSize = LargestAnswer,
        };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("spoq", Version));
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return http;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, string path, Func<HttpContent>? body, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Root.At(path)) { Content = body?.Invoke() };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var answer = await SendPlainAsync(request, cancellationToken);
        _screen.Detail($"{method} {path.Split('?')[0]} {(int)answer.StatusCode}");
        return answer;
    }

    private async Task<CommandFailedException> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
        {
            return CommandFailedException.NotSignedIn(Root);
        }

        if (await ReadAsync(answer, WireJson.Default.Problem, cancellationToken) is not { Detail: { } detail })
        {
            return (int)answer.StatusCode >= 500
                ? new CommandFailedException(ExitCode.Network, $"{Root.Text()} has trouble of its own (HTTP {(int)answer.StatusCode}). Try again in a moment.")
                : Strange(answer);
        }

        return answer.Headers.RetryAfter?.Delta is { } wait
            ? new CommandFailedException(ExitCode.Failed, $"{detail} (Try again in {wait.TotalSeconds:0} s.)")
            : new CommandFailedException(ExitCode.Failed, detail);
    }
}
