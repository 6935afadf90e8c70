using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Container.Engine;

/// <summary>HTTP over the engine's Unix socket, in the newest version of its API that both sides speak.</summary>
internal sealed class EngineLine : IDisposable
{
    /// <summary>Podman 4 says 1.41, Docker 29 and newer take nothing below 1.40; more than 1.44 is not known here.</summary>
    private static readonly Version s_oldest = new(1, 41);
    private static readonly Version s_newest = new(1, 44);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private const int LargestAnswer = 16 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly ILogger _log;
    private string? _version;

    public EngineLine(string socket, ILogger log)
    {
        _log = log;
        _http = new HttpClient(UnixSocketHttp.HandlerOf(socket))
        {
            BaseAddress = new Uri("http://engine/"),
            Timeout = s_patience,
            MaxResponseContentBufferSize = LargestAnswer,
        };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Null: there is no such thing (404).</summary>
    public async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, [HttpStatusCode.OK, HttpStatusCode.NotFound], cancellationToken);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(answer, type, cancellationToken);
    }

    public async Task<TAnswer?> PostAsync<TBody, TAnswer>(string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        using var answer = await SendAsync(HttpMethod.Post, path, Json(body, bodyType), [HttpStatusCode.OK, HttpStatusCode.Created], cancellationToken);
        return await ReadAsync(answer, answerType, cancellationToken);
    }

    public static HttpContent Json<T>(T body, JsonTypeInfo<T> type) =>
        new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <exception cref="ProviderException">The engine is away, or answers with anything but what is accepted.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, IReadOnlyList<HttpStatusCode> accepted, CancellationToken cancellationToken)
    {
        var version = _version ??= await AgreeAsync(cancellationToken);
        var answer = await SendRawAsync(method, $"v{version}{path}", body, cancellationToken);
        if (accepted.Contains(answer.StatusCode))
        {
            return answer;
        }

        using (answer)
        {
            throw await RefusedAsync(answer, path, cancellationToken);
        }
    }

    private async Task<string> AgreeAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendRawAsync(HttpMethod.Get, "_ping", null, cancellationToken);
        var said = answer.Headers.TryGetValues("Api-Version", out var values) ? values.FirstOrDefault() : null;
        if (!answer.IsSuccessStatusCode || !Version.TryParse(said, out var theirs))
        {
            throw Away(null);
        }

        return theirs >= s_oldest
            ? (theirs < s_newest ? theirs : s_newest).ToString(2)
            : throw new ProviderException("The container engine is too old.", new HttpRequestException($"It speaks version {theirs} of its API; {s_oldest} or newer is needed.")) { Code = "engine_too_old", WaitFor = TimeSpan.FromMinutes(1) };
    }

    private async Task<HttpResponseMessage> SendRawAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Another engine may answer there next time.
            _version = null;
            throw Away(e);
        }
    }

    private static async Task<T?> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken);
        }
        catch (JsonException e)
        {
            throw Away(e);
        }
    }

    private static ProviderException Away(Exception? e) =>
        new("The machine that runs your computer does not answer at the moment.", e) { Code = "engine_away", WaitFor = TimeSpan.FromSeconds(5) };

    /// <summary>What it says is for our own people: it names images, paths and ids.</summary>
    private async Task<ProviderException> RefusedAsync(HttpResponseMessage answer, string path, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        string? message = null;
        try
        {
            message = JsonSerializer.Deserialize(text, EngineJson.Default.EngineError)?.Message;
        }
        catch (JsonException)
        {
            // Podman answers some of its 404s in plain text.
        }

        var said = string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {message ?? text}");
        _log.LogWarning("The engine refused {Path}: {Answer}", path, said);
        return new ProviderException("The machine that runs your computer refused an order of ours.", new HttpRequestException(said, null, answer.StatusCode)) { Code = "engine_refused" };
    }
}
