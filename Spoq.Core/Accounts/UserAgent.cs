namespace Spoq.Core.Accounts;

/// <summary>A browser's name for itself in a few words a person knows; good for showing, never for deciding.</summary>
public static class UserAgent
{
    // Order matters: every browser also claims to be the ones after it.
    private static readonly (string Token, string Name)[] s_programs =
    [
        ("Edg/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
        ("HeadlessChrome/", "Chrome"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("spoq/", "the spoq command"), ("curl/", "curl"),
    ];

    private static readonly (string Token, string Name)[] s_systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ];

    /// <returns>Such as <c>Chrome on Linux</c>; null: nothing known.</returns>
    public static string? Describe(string? header)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return null;
        }

        var program = s_programs.FirstOrDefault(known => header.Contains(known.Token, StringComparison.Ordinal)).Name;
        var system = s_systems.FirstOrDefault(known => header.Contains(known.Token, StringComparison.Ordinal)).Name;
        return (program, system) switch
        {
            (null, null) => null,
            (null, _) => system,
            (_, null) => program,
            _ => $"{program} on {system}",
        };
    }
}
