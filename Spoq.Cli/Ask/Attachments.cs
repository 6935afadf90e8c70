using System.Text;
using Spoq.Conductor.Files;
using Spoq.Core.Wire;

namespace Spoq.Cli.Ask;

/// <summary>Local files that go along with a question.</summary>
/// <remarks>A file that is named is taken or refused with a reason; of folders and patterns, what git ignores and what is no text is left out and counted.</remarks>
internal sealed class Attachments
{
    public const int MaxFiles = 200;
    public const int MaxFileBytes = 1024 * 1024;
    public const int MaxBytes = 4 * 1024 * 1024;

    private const int Sniffed = 8192;
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SortedDictionary<string, AskFile> _files = new(StringComparer.Ordinal);
    private long _bytes;

    public IReadOnlyList<AskFile> Files => [.. _files.Values];

    public long Bytes => _bytes;

    /// <summary>Left out of folders and patterns: no text, or too large.</summary>
    public int Skipped { get; private set; }

    /// <param name="given">A file, a folder or a pattern.</param>
    public void Add(string given)
    {
        var path = given.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), given[2..]) : given;
        if (File.Exists(path))
        {
            AddNamed(path);
        }
        else if (Directory.Exists(path))
        {
            AddFound(path, Walk(path, IgnoreRules.For(path)), given);
        }
        else if (PathPattern.IsPattern(path))
        {
            var (root, below) = Split(path);
            var wanted = PathPattern.Compile(below);
            var found = Directory.Exists(root) ? Walk(root, IgnoreRules.For(root)).Where(file => wanted.IsMatch(Path.GetRelativePath(root, file))) : [];
            AddFound(root, found, given);
        }
        else
        {
            throw new CommandFailedException(ExitCode.Usage, $"There is no file {given} here. Check the name; patterns such as 'src/**/*.cs' and folders work too.");
        }
    }

    /// <summary>Text that came through a pipe.</summary>
    public void AddText(string name, string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > MaxFileBytes)
        {
            throw new CommandFailedException(ExitCode.Usage, $"What came through the pipe is larger than 1 MiB. Send less of it, for example through: tail -c 1M");
        }

        Keep(name, text, bytes);
    }

    private void AddNamed(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MaxFileBytes)
        {
            throw new CommandFailedException(ExitCode.Usage, $"{path} has {length / 1024} KiB; at most 1024 KiB of one file go along. Send the part that matters.");
        }

        Keep(path, TextOf(path) ?? throw new CommandFailedException(ExitCode.Usage, $"{path} is not UTF-8 text. Only text can go along with a question."), length);
    }

    private void AddFound(string root, IEnumerable<string> found, string given)
    {
        var any = false;
        foreach (var file in found)
        {
            any = true;
            if (new FileInfo(file) is { Exists: true, Length: <= MaxFileBytes } && FoundTextOf(file) is { } text)
            {
                Keep(file, text, Encoding.UTF8.GetByteCount(text));
            }
            else
            {
                Skipped++;
            }
        }

        if (!any)
        {
            throw new CommandFailedException(ExitCode.Usage, $"Nothing matches {given} in {Path.GetFullPath(root)}, apart from what git ignores. Name an ignored file itself to send it.");
        }
    }

    private void Keep(string path, string text, long bytes)
    {
        var name = Path.IsPathRooted(path) || path == "stdin" ? path : Path.GetRelativePath(".", path);
        if (!_files.TryAdd(name, new AskFile(name, text)))
        {
            return;
        }

        _bytes += bytes;
        if (_files.Count > MaxFiles || _bytes > MaxBytes)
        {
            throw new CommandFailedException(ExitCode.Usage, $"These are more files than can go along with one question: at most {MaxFiles} and 4 MiB together. Name fewer, for example by a narrower pattern.");
        }
    }

    private static IEnumerable<string> Walk(string folder, IgnoreRules rules)
    {
        var entries = Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal).Select(path => (Path: path, Info: new FileInfo(path))).ToList();
        foreach (var (path, info) in entries)
        {
            var isFolder = (info.Attributes & FileAttributes.Directory) != 0;

            // Links are not followed: they may lead anywhere, and in circles.
            if (info.LinkTarget is not null || rules.IsIgnored(Path.GetFullPath(path), isFolder))
            {
                continue;
            }

            if (!isFolder)
            {
                yield return path;
                continue;
            }

            foreach (var below in Walk(path, rules.Into(Path.GetFullPath(path))))
            {
                yield return below;
            }
        }
    }

    /// <summary>The folder that holds all that can match, and what is left of the pattern.</summary>
    private static (string Root, string Below) Split(string pattern)
    {
        var parts = pattern.Split('/');
        var plain = parts.TakeWhile(part => !PathPattern.IsPattern(part)).Count();
        var root = string.Join('/', parts[..plain]);
        return (plain == 0 ? "." : root.Length == 0 ? "/" : root, string.Join('/', parts[plain..]));
    }

    /// <summary>Nobody named this one: what is no plain file, such as a pipe that nobody writes to, is no text.</summary>
    private static string? FoundTextOf(string path)
    {
        try
        {
            using var plain = RegularFile.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return TextOf(path);
    }

    /// <summary>Null: not text.</summary>
    private static string? TextOf(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.AsSpan(0, Math.Min(bytes.Length, Sniffed)).Contains((byte)0) ? null : s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"{path} cannot be read: {e.Message}");
        }
    }
}
