namespace Spoq.Core.Accounts;

/// <summary>Where a person goes on after signing in: a page of ours, never another site.</summary>
public static class LocalPath
{
    /// <summary>A whole request to authorise another program fits.</summary>
    private const int MaxLength = 4096;

    /// <summary>The path, or null when there is none or it could lead elsewhere.</summary>
    public static string? Check(string? text)
    {
        // "//host", "/\host" and tabs or line ends in between are other sites to a browser.
        if (text is not { Length: > 0 and <= MaxLength } || text[0] != '/' || text.Length > 1 && text[1] is '/' or '\\')
        {
            return null;
        }

        return text.Any(c => char.IsControl(c) || c == '\\' || !char.IsAscii(c)) ? null : text;
    }
}
