namespace Spoq.Core.Ops;

/// <summary>Every "no" that any part of the JSON API may answer.</summary>
public static class ApiRefusals
{
    public const string MalformedJson = "malformed_json";
    public const string WrongType = "wrong_type";
    public const string BadCursor = "bad_cursor";
    public const string BadLimit = "bad_limit";
    public const string BadIdempotencyKey = "bad_idempotency_key";

    public static readonly Refusal IdempotencyKeyReused = new(
        "idempotency_key_reused", "This Idempotency-Key was used for another request within the last 24 hours. Send a new key with a new request.", RefusalKind.Conflict);

    public static readonly Refusal IdempotencyInFlight = new(
        "idempotency_in_flight", "A request with this Idempotency-Key is still being worked on. Send the same request again in a moment.", RefusalKind.Conflict)
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static Refusal TooManyRequests(TimeSpan wait) => new(
        "too_many_requests", "Too many requests. Wait as long as Retry-After says.", RefusalKind.TooMany) { RetryAfter = wait };
}
