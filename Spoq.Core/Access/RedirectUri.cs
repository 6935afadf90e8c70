using System.Text.RegularExpressions;

namespace Spoq.Core.Access;

/// <summary>
/// Where answers may be sent. What is presented must be what was registered, character by character (RFC 9700,
/// section 2.1); only the port of a loopback address is the program's own affair (RFC 8252, section 7.3).
/// </summary>
public static partial class RedirectUri
{
    public const int MaxLength = 1000;

    private const string SelfHostedZone = ".ts.net";

    /// <summary>
    /// Whether this may be registered: <c>https</c> with a DNS name, or <c>http</c> on a loopback address, in the one
    /// spelling every parser agrees on. No fragment, no user, no wildcard, no dot segments.
    /// </summary>
    public static bool IsAcceptable(string? text) => text is { Length: > 0 and <= MaxLength } && !HasTraps(text) && (Loopback().IsMatch(text) || IsHttps(text));

    public static bool IsLoopback(string text) => Loopback().IsMatch(text);

    /// <summary>What a self-hosted program known by nothing but its id may use: its own machine, or its own tailnet.</summary>
    public static bool IsSelfHosted(string text) => IsAcceptable(text) && (IsLoopback(text) || HostOf(text).EndsWith(SelfHostedZone, StringComparison.Ordinal));

    public static bool Matches(string registered, string presented) =>
        string.Equals(registered, presented, StringComparison.Ordinal)
        || (Loopback().Match(registered) is { Success: true } known && Loopback().Match(presented) is { Success: true } said && !HasTraps(presented) && IsPort(said)
            && known.Groups["host"].Value == said.Groups["host"].Value && known.Groups["rest"].Value == said.Groups["rest"].Value);

    /// <summary>What the consent page names: the host, with the port where it is not the usual one.</summary>
    public static string PlaceOf(string text) => new Uri(text).Authority;

    /// <summary>For a page's policy, which cannot spell an IPv6 address: there the scheme must do.</summary>
    public static string OriginOf(string text) => new Uri(text) is { HostNameType: not UriHostNameType.IPv6 } uri ? uri.GetLeftPart(UriPartial.Authority) : "http:";

    /// <summary>The answer's address: parameters are added, what is there stays as it is.</summary>
    public static string With(string redirectUri, IEnumerable<KeyValuePair<string, string?>> parameters)
    {
        var query = string.Join('&', parameters.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value!)}"));
        var joint = !redirectUri.Contains('?', StringComparison.Ordinal) ? "?" : redirectUri[^1] is '?' or '&' ? "" : "&";
        return redirectUri + joint + query;
    }

    private static bool IsHttps(string text) =>
        Https().Match(text) is { Success: true } match && IsPort(match) && match.Groups["host"].Value is { Length: <= 253 } host
        && host.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-')
        && !host[(host.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit);

    private static bool IsPort(Match match) => match.Groups["port"].Value is not { Length: > 0 } port || (port[0] != '0' && int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) <= 65535);

    private static string HostOf(string text) => Https().Match(text) is { Success: true } match ? match.Groups["host"].Value : "";

    /// <summary>Dot segments, also escaped ones, are read differently by different parsers; so are doubled slashes.</summary>
    private static bool HasTraps(string text)
    {
        var path = text.Split('?', 2)[0];
        var rest = path[(path.IndexOf("//", StringComparison.Ordinal) + 2)..];
        return BrokenEscape().IsMatch(text) || EscapedTrap().IsMatch(rest) || rest.Contains("//", StringComparison.Ordinal)
            || rest.Split('/').Skip(1).Any(segment => segment is "." or "..");
    }

    // URI characters of RFC 3986, without those that only make trouble in a path: no blank, quote, backslash, fragment or non-ASCII.
    [GeneratedRegex(@"^http://(?<host>127\.0\.0\.1|\[::1\]|localhost)(:(?<port>[0-9]{1,5}))?(?<rest>(/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Loopback();

    [GeneratedRegex(@"^https://(?<host>[a-z0-9\-]+(\.[a-z0-9\-]+)+)(:(?<port>[0-9]{1,5}))?(?<rest>(/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Https();

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})")]
    private static partial Regex BrokenEscape();

    [GeneratedRegex("%(2e|2f|5c|00|0a|0d)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex EscapedTrap();
}
