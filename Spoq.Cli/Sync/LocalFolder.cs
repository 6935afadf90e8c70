using System.Security.Cryptography;
using Spoq.Cli.Ask;
using Spoq.Conductor.Files;

namespace Spoq.Cli.Sync;

/// <summary>What was seen of a local file when it was hashed.</summary>
internal sealed record LocalFile(string Sha256, long Size, DateTime At, bool Executable);

/// <summary>The folder on this side. What git ignores is not there, unless all is wanted; <c>.git</c> and links never are.</summary>
internal sealed class LocalFolder(string root, bool all)
{
    // A file written twice within a clock tick looks the same: what is as young as that is not remembered.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    private readonly IgnoreRules _rules = IgnoreRules.For(root);
    private readonly Dictionary<string, IgnoreRules> _rulesBelow = [];
    private readonly HashSet<string> _unseen = [];
    private readonly DateTime _began = DateTime.UtcNow;

    public string Root => root;

    /// <summary>Names where something is that could not be read, or that is a link or no plain file; of a folder, all below it. They are not gone.</summary>
    public IReadOnlySet<string> Unseen => _unseen;

    public string PathOf(string name) => Path.Combine(root, name);

    /// <param name="known">Of the last time: what has the same size and time is not read again.</param>
    public SortedDictionary<string, LocalFile> Read(IReadOnlyDictionary<string, LocalFile> known)
    {
        _unseen.Clear();
        var files = new SortedDictionary<string, LocalFile>(StringComparer.Ordinal);
        Walk(root, _rules, known, files);
        return files;
    }

    /// <summary>The same rules for what only the other side has; and no name of theirs leads out of this folder.</summary>
    public bool IsIgnored(string name)
    {
        var parts = name.Split('/');
        if (parts.Any(part => part is "" or "." or ".." || part.AsSpan().ContainsAny('\0', '\\')))
        {
            return true;
        }

        var rules = _rules;
        var at = root;
        for (var part = 0; part < parts.Length; part++)
        {
            at = Path.Combine(at, parts[part]);
            if (parts[part] == ".git" || Draft.IsName(parts[part]) || new FileInfo(at).LinkTarget is not null || (!all && rules.IsIgnored(at, isFolder: part < parts.Length - 1)))
            {
                return true;
            }

            rules = part < parts.Length - 1 ? RulesBelow(rules, at) : rules;
        }

        return false;
    }

    /// <summary>It still is what it was when it was looked at; null: it was not there.</summary>
    public bool IsStill(string name, LocalFile? seen) => new FileInfo(PathOf(name)) is { Exists: true } now
        ? seen is not null && now.Length == seen.Size && now.LastWriteTimeUtc == seen.At
        : seen is null && !Path.Exists(PathOf(name));

    public void Delete(string name)
    {
        File.Delete(PathOf(name));
        for (var folder = Path.GetDirectoryName(PathOf(name))!; folder.Length > root.Length && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>Its size and time tell its content from any other it will have.</summary>
    public bool IsSettled(LocalFile file) => _began - file.At > s_settled;

    public static LocalFile Look(FileInfo file, string sha256) =>
        new(sha256, file.Length, file.LastWriteTimeUtc, !OperatingSystem.IsWindows() && (file.UnixFileMode & UnixFileMode.UserExecute) != 0);

    private IgnoreRules RulesBelow(IgnoreRules rules, string folder) =>
        _rulesBelow.TryGetValue(folder, out var below) ? below : _rulesBelow[folder] = rules.Into(folder);

    private void Walk(string folder, IgnoreRules rules, IReadOnlyDictionary<string, LocalFile> known, SortedDictionary<string, LocalFile> files)
    {
        foreach (var entry in Entries(folder))
        {
            var (below, name) = (entry as DirectoryInfo, Path.GetRelativePath(root, entry.FullName));
            if (entry.Name == ".git" || (!all && rules.IsIgnored(entry.FullName, below is not null)))
            {
                continue;
            }

            if (entry.LinkTarget is not null)
            {
                _unseen.Add(name);
            }
            else if (below is not null)
            {
                Walk(below.FullName, rules.Into(below.FullName), known, files);
            }
            else if (Look((FileInfo)entry, known.GetValueOrDefault(name)) is { } file)
            {
                files[name] = file;
            }
            else
            {
                _unseen.Add(name);
            }
        }
    }

    private List<FileSystemInfo> Entries(string folder)
    {
        try
        {
            var entries = new DirectoryInfo(folder).GetFileSystemInfos().ToLookup(entry => Draft.IsName(entry.Name));
            foreach (var draft in entries[true])
            {
                Draft.DeleteAbandoned(draft, _began);
            }

            return [.. entries[false]];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unseen.Add(Path.GetRelativePath(root, folder));
            return [];
        }
    }

    /// <summary>Null: it could not be looked at.</summary>
    private static LocalFile? Look(FileInfo file, LocalFile? known)
    {
        try
        {
            if (known is not null && known.Size == file.Length && known.At == file.LastWriteTimeUtc)
            {
                return Look(file, known.Sha256);
            }

            using var stream = RegularFile.OpenRead(file.FullName);
            return Look(file, Convert.ToHexStringLower(SHA256.HashData(stream)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
