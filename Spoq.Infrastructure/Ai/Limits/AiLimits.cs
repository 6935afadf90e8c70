using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Spoq.Core;
using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Limits;

/// <summary>What one key, or one account over all its keys and tokens, has taken of its limits on this node.</summary>
public sealed class AiLimits
{
    private readonly string _whose;
    private readonly int _streams;
    private int _running;

    public AiLimits(string whose, Guid id, long requests, long tokens, int streams)
    {
        (_whose, _streams) = (whose, streams);
        Requests = new RateBucket(new RatePerMinute(requests), SharedKey("ai-requests", id));
        Tokens = new RateBucket(new RatePerMinute(tokens), SharedKey("ai-tokens", id));
        Policy = string.Create(CultureInfo.InvariantCulture, $"\"requests\";q={requests};w=60, \"tokens\";q={tokens};w=60");
    }

    public RateBucket Requests { get; }

    public RateBucket Tokens { get; }

    /// <summary>What <c>RateLimit-Policy</c> says.</summary>
    public string Policy { get; }

    /// <summary>Nothing runs and nothing is owed: it can be made anew when it is needed again.</summary>
    public bool IsIdle(long now) => Volatile.Read(ref _running) == 0 && Requests.IsFull(now) && Tokens.IsFull(now);

    /// <summary>Null: let in, and a place is held until <see cref="Leave"/>.</summary>
    public Refusal? Enter(long now, RateShare share)
    {
        if (Interlocked.Increment(ref _running) > _streams)
        {
            Leave();
            return AiRefusals.TooManyStreams(_whose, _streams);
        }

        if (Requests.Take(1, now, share) is { } wait)
        {
            Leave();
            return AiRefusals.TooManyRequests(_whose, wait);
        }

        return null;
    }

    /// <summary>Null: they are taken; what it came to is put right with <see cref="RateBucket.Correct"/>.</summary>
    public Refusal? TakeTokens(long tokens, long now, RateShare share) => Tokens.Take(tokens, now, share) is { } wait ? AiRefusals.TooManyTokens(_whose, wait) : null;

    public void Leave() => Interlocked.Decrement(ref _running);

    /// <summary>What <c>RateLimit</c> says (draft-ietf-httpapi-ratelimit-headers).</summary>
    public string Standing(long now)
    {
        var (requests, tokens) = (Requests.Standing(now), Tokens.Standing(now));
        return string.Create(CultureInfo.InvariantCulture, $"\"requests\";r={requests.Left};t={Seconds(requests.Reset)}, \"tokens\";r={tokens.Left};t={Seconds(tokens.Reset)}");
    }

    private static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    private static byte[] SharedKey(string what, Guid id) => SHA256.HashData(Encoding.UTF8.GetBytes($"{what}\n{id}"))[..16];
}
