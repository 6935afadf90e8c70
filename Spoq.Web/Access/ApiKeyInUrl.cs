using System.Text.RegularExpressions;
using Spoq.Core.Access;
using Spoq.Web.Shell;

namespace Spoq.Web.Access;

/// <summary>
/// Addresses end up in logs, histories and Referer headers. A key in one is refused before anything acts on the
/// request or writes its address down, also where the key would open nothing: whoever sent it is told to rotate it.
/// </summary>
internal static partial class ApiKeyInUrl
{
    public static IApplicationBuilder UseApiKeyInUrlCheck(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        return IsIn(context.Request) ? ApiKeyRefusals.InUrl.ToProblem().ExecuteAsync(context) : next(context);
    });

    public static bool IsIn(HttpRequest request) => IsIn(request.QueryString.Value) || IsIn(request.Path.Value);

    private static bool IsIn(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        // Escaped twice is the most that any library of ours or theirs undoes.
        return Key().IsMatch(text) || (text.Contains('%', StringComparison.Ordinal) && Key().IsMatch(Uri.UnescapeDataString(Uri.UnescapeDataString(text))));
    }

    /// <summary>Enough of a key to be one, also when its end was cut off.</summary>
    [GeneratedRegex("spoq_live_[0-9A-Za-z]{16}", RegexOptions.IgnoreCase)]
    private static partial Regex Key();
}
