using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>One vendor's JSON API: answers are bounded, and whatever goes wrong on the way is a <see cref="ProviderException"/> in our words.</summary>
/// <param name="clients">Where the client named by the key comes from.</param>
/// <param name="clock">Tells how long a vendor wants us to wait.</param>
/// <param name="key">The vendor's.</param>
/// <param name="vendor">What people call it.</param>
/// <param name="bearer">What lets us in; null: each request says so itself.</param>
internal sealed class VendorHttp(IHttpClientFactory clients, TimeProvider clock, string key, string vendor, Func<string?>? bearer = null)
{
    private const int LargestAnswer = 8 * 1024 * 1024;

    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(15);

    /// <summary>Of a vendor that says "too many" and not for how long; some lock out who does not listen.</summary>
    private static readonly TimeSpan s_tooMany = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    public string Vendor => vendor;

    public TimeProvider Clock => clock;

    public static HttpContent Body<T>(T value, JsonTypeInfo<T> type) => JsonContent.Create(value, type);

    public Task<VendorAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>What is gone already needs no deletion.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Delete, path, null, cancellationToken);
        if (!answer.IsMissing)
        {
            answer.Require();
        }
    }

    /// <inheritdoc cref="SendAsync(HttpRequestMessage, CancellationToken)"/>
    public async Task<VendorAnswer> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Authorization = bearer?.Invoke() is { } token ? new AuthenticationHeaderValue("Bearer", token) : null;
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Whatever the vendor answers below 500, other than "too many".</summary>
    /// <exception cref="ProviderException">No answer, or one that asks for patience.</exception>
    public async Task<VendorAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var http = clients.CreateClient(key);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                throw new ProviderException($"{vendor} asks us to slow down.") { Code = "provider_busy", WaitFor = WaitOf(answer) ?? s_tooMany };
            }

            if ((int)answer.StatusCode >= 500)
            {
                throw new ProviderException($"{vendor} has trouble of its own at the moment.") { Code = "provider_away", WaitFor = WaitOf(answer) ?? s_away };
            }

            return new VendorAnswer(vendor, answer.StatusCode, await ReadAsync(answer.Content, cancellationToken));
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException || (lost is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ProviderException($"{vendor} does not answer at the moment.", lost) { Code = "provider_away", WaitFor = s_away };
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var piece = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(piece, cancellationToken)) > 0)
        {
            kept.Write(piece, 0, read);
            if (kept.Length > LargestAnswer)
            {
                throw new ProviderException($"{vendor} answers more than can be read.") { Code = "provider_unreadable", WaitFor = s_tooMany };
            }
        }

        return kept.ToArray();
    }

    /// <summary>Retry-After (RFC 9110, 10.2.3), or the seconds to the reset that rate-limit headers tell.</summary>
    private TimeSpan? WaitOf(HttpResponseMessage answer)
    {
        var wait = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - clock.GetUtcNow(),
            _ => FromRateLimit(answer),
        };
        return wait is { } time ? TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds, 1, s_longest.TotalSeconds)) : null;
    }

    /// <summary><c>Ratelimit: "default";r=0;t=30</c> (Cloudflare), <c>X-RateLimit-Reset: 30</c> or a Unix time.</summary>
    private TimeSpan? FromRateLimit(HttpResponseMessage answer)
    {
        if (answer.Headers.TryGetValues("Ratelimit", out var limits)
            && string.Join(';', limits).Split(';').Select(part => part.Trim()).FirstOrDefault(part => part.StartsWith("t=", StringComparison.Ordinal)) is { } left
            && double.TryParse(left.AsSpan(2), CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(Math.Min(seconds, s_longest.TotalSeconds));
        }

        if (answer.Headers.TryGetValues("X-RateLimit-Reset", out var resets) && long.TryParse(resets.First(), CultureInfo.InvariantCulture, out var reset))
        {
            var now = clock.GetUtcNow().ToUnixTimeSeconds();
            return TimeSpan.FromSeconds(Math.Min(reset > now ? reset - now : reset, s_longest.TotalSeconds));
        }

        return null;
    }
}

/// <summary>An answer with its whole body.</summary>
internal sealed record VendorAnswer(string Vendor, HttpStatusCode Status, byte[] Body)
{
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_ourFault = TimeSpan.FromMinutes(1);

    public bool IsFine => (int)Status is >= 200 and < 300;

    public bool IsMissing => Status is HttpStatusCode.NotFound or HttpStatusCode.Gone;

    /// <exception cref="ProviderException">The vendor says no, or says what nobody can read.</exception>
    public T Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        Require();
        return TryRead(type) ?? throw new ProviderException($"{Vendor} answers something else than it should.") { Code = "provider_unreadable", WaitFor = s_lookAgain };
    }

    /// <summary>Null: not of that form.</summary>
    public T? TryRead<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(Body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <exception cref="ProviderException">The vendor says no.</exception>
    public void Require()
    {
        if (!IsFine)
        {
            throw Refused();
        }
    }

    public ProviderException Refused() => Status switch
    {
        // Our credential, not the customer's order: somebody sets it right, and the work goes on.
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new($"{Vendor} does not let us in at the moment.") { Code = "provider_denied", WaitFor = s_ourFault },
        HttpStatusCode.PaymentRequired => new($"{Vendor} waits for a payment of ours; our people have to look.") { Code = "needs_person", IsFinal = true },
        HttpStatusCode.RequestTimeout or (HttpStatusCode)425 => new($"{Vendor} does not answer at the moment.") { Code = "provider_away", WaitFor = s_lookAgain },
        HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.Locked => new($"{Vendor} says: {Words()}") { Code = "provider_conflict" },
        _ when (int)Status is >= 300 and < 400 => new($"{Vendor} answers something else than it should.") { Code = "provider_unreadable", WaitFor = s_lookAgain },
        _ => new($"{Vendor} refuses: {Words()}") { Code = "provider_refused", IsFinal = true },
    };

    /// <summary>The vendor's own sentence, shortened; many spellings of one thing.</summary>
    private string Words()
    {
        try
        {
            using var json = JsonDocument.Parse(Body);
            foreach (var name in (string[])["message", "error", "error_description"])
            {
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var words) && words.ValueKind == JsonValueKind.String)
                {
                    return words.GetString() is { Length: > 160 } text ? text[..160] : words.GetString()!;
                }
            }
        }
        catch (JsonException)
        {
            // It is no JSON: then it has nothing to say that people should read.
        }

        return $"status {(int)Status}.";
    }
}
