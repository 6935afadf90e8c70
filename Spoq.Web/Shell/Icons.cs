using System.Collections.Frozen;

namespace Spoq.Web.Shell;

/// <summary>Line icons on a 24-unit grid, drawn for Spoq.</summary>
public static class Icons
{
    private static readonly FrozenDictionary<string, string> s_paths = new Dictionary<string, string>
    {
        ["home"] = "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4.5v-6h-5v6H5a1 1 0 0 1-1-1z",
        ["terminal"] = "M4 5h16v14H4zM7.5 9.5l3 2.5-3 2.5M12.5 15h4",
        ["device"] = "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2",
        ["laptop"] = "M6 5h12a1 1 0 0 1 1 1v9H5V6a1 1 0 0 1 1-1zM3 19h18",
        ["activity"] = "M3 12h4l3-7 4 14 3-7h4",
        ["chart"] = "M4 20h16M6.500 20v-7h3v7M11 20V5h3v15M15.500 20v-10h3v10",
        ["person"] = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1.2-3.2 4.1-5 7.5-5s6.3 1.8 7.5 5",
        ["check"] = "M5 12.5l4.5 4.5L19 7.5",
        ["close"] = "M6 6l12 12M18 6L6 18",
        ["copy"] = "M9 9h10v11H9zM5 15V4h10",
        ["warning"] = "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
        ["info"] = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 7.8v.1",
        ["key"] = "M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 12h9M18 12v3.5M15 12v2.5",
        ["card"] = "M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zM3 10.500h18M6.500 14.500h4",
        ["lock"] = "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
        ["server"] = "M4 5h16v6H4zM4 13h16v6H4zM7.5 8v.1M7.5 16v.1",
        ["play"] = "M7 5l12 7-12 7z",
        ["stop"] = "M6.5 6.5h11v11h-11z",
        ["resize"] = "M4 14v6h6M20 10V4h-6M4 20l7-7M20 4l-7 7",
        ["restart"] = "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 4v4h-4",
        ["plus"] = "M12 5v14M5 12h14",
        ["trash"] = "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
        ["edit"] = "M5 19l1-4L16 5l3 3L9 18z",
        ["arrow-right"] = "M5 12h14M13 6l6 6-6 6",
        ["arrow-left"] = "M19 12H5M11 6l-6 6 6 6",
        ["external"] = "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9",
        ["globe"] = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c2.5 2.6 3.8 5.6 3.8 9s-1.3 6.4-3.8 9c-2.5-2.6-3.8-5.6-3.8-9S9.500 5.600 12 3z",
        ["clock"] = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
        ["mail"] = "M4 6h16v12H4zM4 7l8 6 8-6",
        ["cloud"] = "M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 10.500 3.800 3.800 0 0 1 17.500 18z",
        ["spark"] = "M12 3v5M12 16v5M3 12h5M16 12h5M6 6l2.500 2.500M15.500 15.500L18 18M18 6l-2.500 2.500M8.500 15.500L6 18",
        ["send"] = "M4 12l16-8-6 16-3-7z",
        ["menu"] = "M4 7h16M4 12h16M4 17h16",
        ["wifi-off"] = "M3 3l18 18M8.500 15.500a5 5 0 0 1 5.500-1M5 12a10 10 0 0 1 4-2.500M2 8.500A15 15 0 0 1 7 5.600M13 5a15 15 0 0 1 9 3.500M16 9.600a10 10 0 0 1 3 2.400M12 19v.1",
    }.ToFrozenDictionary();

    /// <exception cref="ArgumentOutOfRangeException">No such icon.</exception>
    public static string Path(string name) => s_paths.TryGetValue(name, out var path)
        ? path
        : throw new ArgumentOutOfRangeException(nameof(name), name, "No icon of this name; add its path to Icons.");
}
