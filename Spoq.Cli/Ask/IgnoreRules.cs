using System.Text.RegularExpressions;

namespace Spoq.Cli.Ask;

/// <summary>
/// What git would not track, by the <c>.gitignore</c> files from the repository's root down and its
/// <c>.git/info/exclude</c> (gitignore(5)). Outside a repository only the <c>.gitignore</c> files on the way count.
/// </summary>
internal sealed class IgnoreRules
{
    private readonly IgnoreRules? _above;
    private readonly string _folder;
    private readonly List<Rule> _rules = [];

    private IgnoreRules(IgnoreRules? above, string folder)
    {
        _above = above;
        _folder = folder;
        if (above is null || Directory.Exists(Path.Combine(folder, ".git")))
        {
            Read(Path.Combine(folder, ".git", "info", "exclude"));
        }

        Read(Path.Combine(folder, ".gitignore"));
    }

    /// <summary>Those that hold in a folder, with all from above that still count.</summary>
    public static IgnoreRules For(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var chain = new Stack<string>();
        for (var at = full; at is not null; at = Path.GetDirectoryName(at))
        {
            chain.Push(at);
            if (Path.Exists(Path.Combine(at, ".git")))
            {
                return chain.Aggregate((IgnoreRules?)null, (above, one) => new IgnoreRules(above, one))!;
            }
        }

        return new IgnoreRules(null, full);
    }

    public IgnoreRules Into(string subfolder) => new(this, subfolder);

    /// <summary>The last rule that matches decides; a nearer file's rules come after those above it.</summary>
    public bool IsIgnored(string path, bool isFolder)
    {
        if (Path.GetFileName(path) == ".git")
        {
            return true;
        }

        for (var level = this; level is not null; level = level._above)
        {
            var relative = Path.GetRelativePath(level._folder, path).Replace('\\', '/');
            if (level._rules.FindLast(rule => (isFolder || !rule.FoldersOnly) && rule.Pattern.IsMatch(relative)) is { } last)
            {
                return !last.IsNegated;
            }
        }

        return false;
    }

    private void Read(string file)
    {
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                Add(line);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Most folders have none.
        }
    }

    private void Add(string line)
    {
        var text = line.EndsWith("\\ ", StringComparison.Ordinal) ? line : line.TrimEnd();
        if (text.Length == 0 || text[0] == '#')
        {
            return;
        }

        var isNegated = text[0] == '!';
        text = isNegated ? text[1..] : text;
        var foldersOnly = text.EndsWith('/');
        text = text.TrimEnd('/');
        if (text.Length == 0)
        {
            return;
        }

        // A slash at the beginning or in the middle ties the pattern to this folder.
        var pattern = text.Contains('/', StringComparison.Ordinal) ? text.TrimStart('/') : "**/" + text;
        _rules.Add(new Rule(PathPattern.Compile(pattern), isNegated, foldersOnly));
    }

    private sealed record Rule(Regex Pattern, bool IsNegated, bool FoldersOnly);
}
