using System.Globalization;

namespace Spoq.Core.Releases;

/// <summary>Versions are numbers between dots; what follows a dash or a plus does not count.</summary>
public static class ReleaseVersion
{
    /// <summary>What is no version is not newer, and nothing is newer than it.</summary>
    public static bool IsNewer(string? candidate, string? than) => Parse(candidate) is { } one && Parse(than) is { } two && one > two;

    private static Version? Parse(string? text) =>
        Version.TryParse((text ?? "").Split('-', '+')[0], out var version) && text!.Split('.').All(part => int.TryParse(part.Split('-', '+')[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)) ? version : null;
}
