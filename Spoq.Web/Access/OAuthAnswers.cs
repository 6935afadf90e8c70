using System.Globalization;
using System.Text.Json.Serialization;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <summary>Answers of the OAuth endpoints in the form of RFC 6749, section 5; never kept by anybody in between.</summary>
internal static class OAuthAnswers
{
    public static IResult Tokens(IssuedTokens tokens) => Fresh(new TokenAnswer(
        tokens.AccessToken, "Bearer", (long)tokens.ExpiresIn.TotalSeconds, tokens.RefreshToken, tokens.Scope, tokens.IdToken), StatusCodes.Status200OK);

    /// <summary>400, but 401 for a client that did not prove itself.</summary>
    public static IResult Error(OAuthError error) =>
        Error(error, error == OAuthError.InvalidClient ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest);

    public static IResult Error(OAuthError error, int status) => Fresh(new ErrorAnswer(error.Code, error.Description), status);

    /// <summary>Our own "no" in their words.</summary>
    public static IResult Error(Refusal refusal) => refusal.Kind == RefusalKind.TooMany ? TooMany(refusal.RetryAfter) : Error(new OAuthError(refusal.Code, refusal.Message));

    public static IResult Fresh<T>(T body, int status) => new Uncached(TypedResults.Json(body, statusCode: status), null);

    /// <summary>RFC 6749 has no word for it; this is the one its authorization endpoint uses for "later".</summary>
    private static Uncached TooMany(TimeSpan? wait) =>
        new(TypedResults.Json(new ErrorAnswer("temporarily_unavailable", "Too many requests. Wait as long as Retry-After says."), statusCode: StatusCodes.Status429TooManyRequests), wait);

    private sealed class Uncached(IResult inner, TimeSpan? retryAfter) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.CacheControl = "no-store";
            httpContext.Response.Headers.Pragma = "no-cache";
            if (retryAfter is { } wait)
            {
                httpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            }

            return inner.ExecuteAsync(httpContext);
        }
    }
}

/// <param name="UserId">With a device code only.</param>
/// <param name="VpsHostname">With a device code only; null: the account has no computer yet.</param>
internal sealed record TokenAnswer(
    string AccessToken,
    string TokenType,
    long ExpiresIn,
    string RefreshToken,
    string Scope,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? IdToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? UserId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? VpsHostname = null);

internal sealed record ErrorAnswer(string Error, string ErrorDescription);
