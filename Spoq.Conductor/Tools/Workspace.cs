using Spoq.Core;

namespace Spoq.Conductor.Tools;

/// <summary>The owner's files. No path leads out of it: not by <c>..</c>, not by a slash at its beginning, not by a link.</summary>
/// <remarks>This keeps mistakes in, not attackers: whoever may run commands here may read what this user may read.</remarks>
internal sealed class Workspace(DataDirectory data)
{
    private const int MaxPath = 1024;
    private const int MaxLinks = 32;

    public string Root { get; } = RealPath(data.Workspace, 0) ?? data.Workspace;

    /// <summary>The whole path; it need not exist, but its nearest folder that does lies inside.</summary>
    public Result<string> Resolve(string? path)
    {
        if (path is null || path.Length > MaxPath || path.Contains('\0', StringComparison.Ordinal))
        {
            return ConductorRefusals.PathInvalid;
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Root, path.Length == 0 ? "." : path)));
        return IsInside(full) && RealPath(full, 0) is { } real && IsInside(real) ? real : ConductorRefusals.PathOutside;
    }

    /// <summary>The entry itself: a link at the end of the path is not followed.</summary>
    public Result<string> ResolveEntry(string? path)
    {
        if (path is null || path.Length > MaxPath || path.Contains('\0', StringComparison.Ordinal))
        {
            return ConductorRefusals.PathInvalid;
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Root, path)));
        return full == Root ? full
            : !IsInside(full) || RealPath(Path.GetDirectoryName(full)!, 0) is not { } real || !IsInside(real) ? ConductorRefusals.PathOutside
            : Path.Combine(real, Path.GetFileName(full));
    }

    /// <summary>As people name it: from the workspace on.</summary>
    public string NameOf(string full) => Path.GetRelativePath(Root, full);

    private bool IsInside(string full) => full == Root || full.StartsWith(Root + "/", StringComparison.Ordinal);

    /// <summary>Follows every link on the way, also of a path whose end does not exist yet. Null: links in circles.</summary>
    private static string? RealPath(string full, int links)
    {
        var at = "/";
        var parts = full.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var part = 0; part < parts.Length; part++)
        {
            var next = Path.Combine(at, parts[part]);
            if (new FileInfo(next).LinkTarget is { } target)
            {
                var rest = string.Join('/', parts[(part + 1)..]);
                return links == MaxLinks ? null : RealPath(Path.GetFullPath(Path.Combine(at, target, rest)), links + 1);
            }

            at = next;
        }

        return at;
    }
}
