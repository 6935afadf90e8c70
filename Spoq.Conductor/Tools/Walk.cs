using Spoq.Conductor.Files;

namespace Spoq.Conductor.Tools;

internal static class Walk
{
    /// <summary>In order of names; links are shown, not followed; what git keeps for itself and drafts are left out.</summary>
    /// <param name="folder">One that cannot be read is an exception; one below it is not.</param>
    /// <param name="recursive">Also what is in the folders below.</param>
    /// <param name="unreadable">Hears of folders below that could not be read.</param>
    public static IEnumerable<FileSystemInfo> Below(string folder, bool recursive, Action<string>? unreadable = null)
    {
        foreach (var entry in Entries(folder))
        {
            yield return entry;
            if (!recursive || entry is not DirectoryInfo { LinkTarget: null } || entry.Name == ".git")
            {
                continue;
            }

            using var below = Below(entry.FullName, recursive, unreadable).GetEnumerator();
            while (Next(below, entry.FullName, unreadable))
            {
                yield return below.Current;
            }
        }
    }

    private static bool Next(IEnumerator<FileSystemInfo> below, string folder, Action<string>? unreadable)
    {
        try
        {
            return below.MoveNext();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable?.Invoke(folder);
            return false;
        }
    }

    private static List<FileSystemInfo> Entries(string folder)
    {
        var (entries, now) = (new List<FileSystemInfo>(), DateTime.UtcNow);
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (Draft.IsName(entry.Name))
            {
                Draft.DeleteAbandoned(entry, now);
            }
            else
            {
                entries.Add(entry);
            }
        }

        entries.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return entries;
    }
}
