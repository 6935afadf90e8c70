namespace Spoq.Core;

/// <summary>What an expected "no" means to a caller; the HTTP edge turns it into a status.</summary>
public enum RefusalKind
{
    /// <summary>The input breaks a rule (422).</summary>
    Invalid,

    /// <summary>The request itself is not put together as it must be (400).</summary>
    Malformed,

    /// <summary>There is none, or it belongs to somebody else: the two look alike (404).</summary>
    NotFound,

    /// <summary>It clashes with what is there already (409).</summary>
    Conflict,

    /// <summary>Not allowed for this caller (403).</summary>
    Forbidden,

    /// <summary>The caller must sign in first (401).</summary>
    Unauthenticated,

    /// <summary>Too often; see <see cref="Refusal.RetryAfter"/> (429).</summary>
    TooMany,

    /// <summary>A neighbour is away; trying again later may work (503).</summary>
    Unavailable,
}

/// <summary>An expected "no" with a stable code and a sentence that says what to do next.</summary>
/// <param name="Code">Stable, <c>snake_case</c>: part of the API.</param>
/// <param name="Message">Shown to people as it stands.</param>
/// <param name="Kind">What it means to a caller.</param>
/// <param name="Field">The input it is about, in <c>snake_case</c>, where there is one.</param>
public sealed record Refusal(string Code, string Message, RefusalKind Kind = RefusalKind.Invalid, string? Field = null)
{
    public TimeSpan? RetryAfter { get; init; }
}
