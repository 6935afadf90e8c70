namespace Spoq.Conductor.Files;

/// <summary>Files that are being written under another name before they take their place. Nobody's content: never listed, never synced.</summary>
internal static class Draft
{
    private const string Part = ".part";
    private const string Text = ".spoq";
    private static readonly TimeSpan s_abandoned = TimeSpan.FromDays(1);

    public static string PartName(int processId) => $".spoq-{processId}{Part}";

    public static string TextName() => $".{Guid.NewGuid():N}{Text}";

    public static bool IsName(string name) =>
        (name.StartsWith(".spoq-", StringComparison.Ordinal) && name.EndsWith(Part, StringComparison.Ordinal))
        || (name.Length == 33 + Text.Length && name[0] == '.' && name.EndsWith(Text, StringComparison.Ordinal) && Guid.TryParseExact(name[1..33], "N", out _));

    /// <summary>Removes what a killed process left behind.</summary>
    public static void DeleteAbandoned(FileSystemInfo entry, DateTime now)
    {
        if (entry is not FileInfo || now - entry.LastWriteTimeUtc < s_abandoned)
        {
            return;
        }

        try
        {
            entry.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It may stay: it is in nobody's way.
        }
    }
}
