using System.Net;
using System.Net.Http.Headers;
using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>What of the caller's headers an upstream gets to see.</summary>
public readonly record struct PassedHeaders(string? AnthropicVersion, string? AnthropicBeta, string? OpenAiBeta);

/// <summary>Somebody who runs models: where, with which key, how many at once, and whether they answer at present.</summary>
public sealed class Upstream : IDisposable
{
    private const string DefaultAnthropicVersion = "2023-06-01";

    private readonly HttpMessageInvoker _http;
    private readonly Breaker _breaker;
    private readonly Dictionary<AiOperation, Uri> _addresses;
    private int _running;

    internal Upstream(UpstreamOptions options, HttpMessageHandler handler, TimeProvider clock)
    {
        Options = options;
        _http = new HttpMessageInvoker(handler);
        _breaker = new Breaker(clock, options.MaxFailures);
        _addresses = Enum.GetValues<AiOperation>().ToDictionary(operation => operation, operation => new Uri(options.BaseUrl, operation.Path()));
    }

    public UpstreamOptions Options { get; }

    public string Name => Options.Name;

    public AiForm Form => Options.Form;

    public static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
        EnableMultipleHttp2Connections = true,

        // Our trace ids are nobody's business.
        ActivityHeadersPropagator = null,
    };

    /// <summary>Takes a place; null: take it and <see cref="Leave"/>. Else how long until it is worth asking again.</summary>
    /// <param name="findsOut">It failed before and this is the request that finds out: one of the four below must follow.</param>
    public TimeSpan? Enter(out bool findsOut)
    {
        if (_breaker.Wait(out findsOut) is { } wait)
        {
            return wait;
        }

        if (Interlocked.Increment(ref _running) > Options.MaxConcurrent)
        {
            Interlocked.Decrement(ref _running);
            _breaker.Unknown(findsOut);
            return TimeSpan.FromSeconds(1);
        }

        return null;
    }

    public void Leave() => Interlocked.Decrement(ref _running);

    /// <summary>How the one who entered fared.</summary>
    public void Answered() => _breaker.Good();

    public void Failed(bool foundOut = false) => _breaker.Bad(foundOut);

    public void AskedToWait(TimeSpan time) => _breaker.Rest(time);

    public void CalledOff(bool wasToFindOut) => _breaker.Unknown(wasToFindOut);

    /// <exception cref="HttpRequestException">It could not be reached or broke off.</exception>
    public Task<HttpResponseMessage> SendAsync(AiOperation operation, UpstreamBody body, in PassedHeaders passed, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _addresses[operation]) { Content = body };
        if (Form == AiForm.OpenAi)
        {
            if (Options.Key is { } key)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            }

            Pass(request, "OpenAI-Beta", passed.OpenAiBeta);
        }
        else
        {
            Pass(request, "x-api-key", Options.Key);
            Pass(request, "anthropic-version", passed.AnthropicVersion ?? DefaultAnthropicVersion);
            Pass(request, "anthropic-beta", passed.AnthropicBeta);
        }

        return _http.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static void Pass(HttpRequestMessage request, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
