using System.Text.Json;
using System.Text.Json.Serialization;
using Spoq.Core.Access;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Access;

/// <summary>The control plane's public keys: fetched, kept on disk, and good for a day when it cannot be reached.</summary>
internal sealed class ControlPlaneKeys(ConductorConfig config, DataDirectory data, HttpClient http, TimeProvider clock, ILogger<ControlPlaneKeys> log) : IDisposable
{
    private const string CacheFile = "jwks.json";
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_usableFor = TimeSpan.FromHours(24);

    // Whoever sends tokens with invented kids gets one fetch out of us per this time, not one per token.
    private static readonly TimeSpan s_betweenFetches = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Held? _held;
    private DateTimeOffset _lastTry = DateTimeOffset.MinValue;

    /// <summary>Null when there are none that may still be believed.</summary>
    public async ValueTask<KeySet?> GetAsync(CancellationToken cancellationToken)
    {
        _held ??= FromDisk();
        var age = _held is { } held ? clock.GetUtcNow() - held.FetchedAt : TimeSpan.MaxValue;
        if (age > s_freshFor)
        {
            var fetch = FetchAsync(_held, cancellationToken);
            if (age > s_usableFor)
            {
                await fetch;
            }
        }

        return _held is { } now && clock.GetUtcNow() - now.FetchedAt <= s_usableFor ? now.Keys : null;
    }

    /// <summary>Null when nothing newer than <paramref name="seen"/> could be had.</summary>
    public async Task<KeySet?> RefreshAsync(KeySet seen, CancellationToken cancellationToken)
    {
        if (_held is { } held && ReferenceEquals(held.Keys, seen))
        {
            await FetchAsync(held, cancellationToken);
        }

        return _held?.Keys is { } keys && !ReferenceEquals(keys, seen) ? keys : null;
    }

    public void Dispose() => _fetching.Dispose();

    private async Task FetchAsync(Held? seen, CancellationToken cancellationToken)
    {
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            if (!ReferenceEquals(_held, seen) || now - _lastTry < s_betweenFetches)
            {
                return;
            }

            _lastTry = now;

            // Whoever waits may hang up; the keys are everybody's.
            using var answer = await http.GetAsync(config.JwksUrl, CancellationToken.None);
            answer.EnsureSuccessStatusCode();
            var jwks = JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(CancellationToken.None), WireJson.Default.Jwks);
            if (jwks is null || new KeySet(jwks) is not { Count: > 0 } keys)
            {
                throw new JsonException("The key set holds no key that signs tokens.");
            }

            _held = new Held(keys, now);
            await data.WriteAsync(CacheFile, new CachedKeys(config.Issuer, now, jwks), KeysJson.Default.CachedKeys, CancellationToken.None);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException or OperationCanceledException or UnauthorizedAccessException)
        {
            log.LogWarning("The control plane's keys could not be fetched: {Reason}", e.Message);
        }
        finally
        {
            _fetching.Release();
        }
    }

    private Held? FromDisk()
    {
        var cached = data.Read(CacheFile, KeysJson.Default.CachedKeys);

        // A time in the future was written by a clock that was wrong: who knows how old it is.
        return cached?.Issuer == config.Issuer && cached.FetchedAt <= clock.GetUtcNow() ? new Held(new KeySet(cached.Jwks), cached.FetchedAt) : null;
    }

    private sealed record Held(KeySet Keys, DateTimeOffset FetchedAt);
}

internal sealed record CachedKeys(string Issuer, DateTimeOffset FetchedAt, Jwks Jwks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CachedKeys))]
internal sealed partial class KeysJson : JsonSerializerContext;
