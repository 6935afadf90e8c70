using System.Text.Json;
using System.Text.Json.Serialization;
using Spoq.Core.Access;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Access;

/// <summary>The control plane's public keys: fetched, kept on disk, and good for a day when it cannot be reached.</summary>
internal sealed class ControlPlaneKeys(ConductorConfig config, DataDirectory data, HttpClient http, TimeProvider clock, ILogger<ControlPlaneKeys> log)
{
    private const string CacheFile = "jwks.json";
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_usableFor = TimeSpan.FromHours(24);

    // Whoever sends tokens with invented kids gets one fetch out of us per this time, not one per token.
    private static readonly TimeSpan s_betweenFetches = TimeSpan.FromSeconds(5);

    private readonly Lock _starting = new();
    private volatile Held? _held;
    private Task _fetch = Task.CompletedTask;
    private long? _lastTry;

    /// <summary>Null when there are none that may still be believed.</summary>
    public async ValueTask<KeySet?> GetAsync(CancellationToken cancellationToken)
    {
        _held ??= FromDisk();
        var age = AgeOf(_held);
        if (age > s_freshFor)
        {
            var fetch = Fetch(_held);
            if (age > s_usableFor)
            {
                await fetch.WaitAsync(cancellationToken);
            }
        }

        return AgeOf(_held) <= s_usableFor ? _held!.Keys : null;
    }

    /// <summary>Null when nothing newer than <paramref name="seen"/> could be had.</summary>
    public async Task<KeySet?> RefreshAsync(KeySet seen, CancellationToken cancellationToken)
    {
        if (_held is { } held && ReferenceEquals(held.Keys, seen))
        {
            await Fetch(held).WaitAsync(cancellationToken);
        }

        return _held?.Keys is { } keys && !ReferenceEquals(keys, seen) ? keys : null;
    }

    /// <summary>By a clock that nobody sets: where the time of day is put right meanwhile, keys do not grow old or young.</summary>
    private TimeSpan AgeOf(Held? held) => held is null ? TimeSpan.MaxValue : held.AgeThen + clock.GetElapsedTime(held.Then);

    /// <summary>One for all who wait; each may hang up without ending it.</summary>
    private Task Fetch(Held? seen)
    {
        lock (_starting)
        {
            if (!_fetch.IsCompleted || !ReferenceEquals(_held, seen) || (_lastTry is { } last && clock.GetElapsedTime(last) < s_betweenFetches))
            {
                return _fetch;
            }

            _lastTry = clock.GetTimestamp();
            return _fetch = Task.Run(FetchAsync);
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            using var answer = await http.GetAsync(config.JwksUrl, CancellationToken.None);
            answer.EnsureSuccessStatusCode();
            var jwks = JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(CancellationToken.None), WireJson.Default.Jwks);
            if (jwks is null || new KeySet(jwks) is not { Count: > 0 } keys)
            {
                throw new JsonException("The key set holds no key that signs tokens.");
            }

            _held = new Held(keys, TimeSpan.Zero, clock.GetTimestamp());
            await data.WriteAsync(CacheFile, new CachedKeys(config.Issuer, clock.GetUtcNow(), jwks), KeysJson.Default.CachedKeys, CancellationToken.None);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException or OperationCanceledException or UnauthorizedAccessException)
        {
            log.LogWarning("The control plane's keys could not be fetched: {Reason}", e.Message);
        }
    }

    private Held? FromDisk()
    {
        var cached = data.Read(CacheFile, KeysJson.Default.CachedKeys);

        // A time in the future was written by a clock that was wrong: who knows how old it is.
        return cached?.Issuer == config.Issuer && clock.GetUtcNow() - cached.FetchedAt is var age && age >= TimeSpan.Zero ? new Held(new KeySet(cached.Jwks), age, clock.GetTimestamp()) : null;
    }

    /// <param name="AgeThen">How old they were at <paramref name="Then"/>, a timestamp.</param>
    private sealed record Held(KeySet Keys, TimeSpan AgeThen, long Then);
}

internal sealed record CachedKeys(string Issuer, DateTimeOffset FetchedAt, Jwks Jwks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CachedKeys))]
internal sealed partial class KeysJson : JsonSerializerContext;
