using Microsoft.Net.Http.Headers;

namespace Spoq.Web.Access;

/// <summary>What <c>Authorization: Bearer</c> shows (RFC 6750, section 2.1); the scheme's case does not count (RFC 9110, section 11.1).</summary>
internal static class BearerToken
{
    public const string Scheme = "Bearer";

    private const string Prefix = Scheme + " ";

    /// <summary>Null: the request shows no bearer, or one that is longer than any of its kind.</summary>
    public static string? Of(HttpRequest request, int atMost = int.MaxValue) => Of(request.Headers[HeaderNames.Authorization].ToString(), atMost);

    public static string? Of(string header, int atMost = int.MaxValue) =>
        header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && header.Length - Prefix.Length <= atMost ? header[Prefix.Length..].Trim() : null;
}
