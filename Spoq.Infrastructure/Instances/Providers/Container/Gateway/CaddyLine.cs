using System.Net;
using System.Net.Http.Headers;

namespace Spoq.Infrastructure.Instances.Providers.Container.Gateway;

/// <summary>Caddy's admin API over its Unix socket: it tries a configuration before it takes it, and changes over without dropping anybody.</summary>
internal sealed class CaddyLine : IDisposable
{
    /// <summary>Caddy answers to no other name.</summary>
    public const string Host = "caddy";

    private readonly HttpClient _http;

    public CaddyLine(string socket) => _http = new HttpClient(UnixSocketHttp.HandlerOf(socket))
    {
        BaseAddress = new Uri($"http://{Host}/"),
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 1024 * 1024,
    };

    public void Dispose() => _http.Dispose();

    /// <summary>Whether the configuration that it runs holds this id.</summary>
    public async Task<bool> RunsAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(new Uri($"id/{id}", UriKind.Relative), cancellationToken);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    /// <exception cref="HttpRequestException">It is away, or would not take it; then the one before goes on.</exception>
    public async Task LoadAsync(byte[] configuration, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(configuration) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await _http.PostAsync(new Uri("load", UriKind.Relative), body, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"Caddy did not take the routes: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}", null, answer.StatusCode);
        }
    }
}
