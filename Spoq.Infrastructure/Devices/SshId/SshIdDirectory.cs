using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Devices.SshId;

/// <summary>Termius SSH ID: <c>GET /handle</c> answers plain clients in the form of <c>authorized_keys</c>. Its error answers are not documented.</summary>
internal sealed class SshIdDirectory : IKeyDirectory, IDisposable
{
    private const int MaxBytes = 64 * 1024;

    private readonly SshIdOptions _options;
    private readonly HttpClient _http;

    public SshIdDirectory(IOptions<SshIdOptions> options, IHostEnvironment environment)
    {
        _options = options.Value;
        _http = new HttpClient(PublicHttp.Handler(loopback: !environment.IsProduction() && _options.BaseUrl.IsLoopback)) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));

        // Browsers are answered with a page.
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Spoq", "1.0"));
    }

    public void Dispose() => _http.Dispose();

    public async Task<DirectoryAnswer> FindAsync(string handle, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Timeout);
        try
        {
            var address = new Uri($"{_options.BaseUrl.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(handle)}");
            using var response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await ReadAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DirectoryAnswer.Unavailable($"no whole answer within {_options.Timeout.TotalSeconds} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new DirectoryAnswer.Unavailable(error.Message);
        }
    }

    private static async Task<DirectoryAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return new DirectoryAnswer.Unknown();
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new DirectoryAnswer.Unavailable($"status {(int)response.StatusCode}");
        }

        if (await ReadTextAsync(response.Content, cancellationToken) is not { } text)
        {
            return new DirectoryAnswer.Unavailable($"more than {MaxBytes} bytes");
        }

        // The site's own page stands in for "no such handle", whatever it calls its type.
        var isPage = response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml" || text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n').StartsWith('<');
        if (isPage || KeyList.IsEmpty(text))
        {
            return new DirectoryAnswer.Unknown();
        }

        return KeyList.Read(text) is { } list ? new DirectoryAnswer.Found(list) : new DirectoryAnswer.Unavailable("an answer that is no list of keys");
    }

    private static async Task<string?> ReadTextAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxBytes + 1];
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxBytes ? null : Encoding.UTF8.GetString(bytes, 0, length);
    }
}
