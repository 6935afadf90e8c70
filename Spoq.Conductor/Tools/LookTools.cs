using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Spoq.Conductor.Tools;

internal sealed class ListTool(Workspace workspace) : Tool
{
    private const int MaxEntries = 1000;

    public override string Name => "list";

    public override string Description => "List a folder of the workspace.";

    public override string Schema => """{"type":"object","properties":{"path":{"type":"string","description":"Default: the workspace itself."},"recursive":{"type":"boolean"}}}""";

    public override bool IsChange => false;

    public override string Summarize(ToolArguments arguments) => arguments.Text("path") ?? ".";

    public override Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (!workspace.Resolve(arguments.Text("path") ?? ".").Try(out var folder, out var refusal))
        {
            return Task.FromResult(ToolOutcome.Error(refusal));
        }

        var text = new StringBuilder();
        var entries = Walk.Below(folder, arguments.Flag("recursive")).Take(MaxEntries + 1).ToList();
        foreach (var entry in entries.Take(MaxEntries))
        {
            var size = entry is FileInfo { LinkTarget: null, Exists: true } file ? file.Length.ToString(CultureInfo.InvariantCulture) : "";
            text.Append(Path.GetRelativePath(folder, entry.FullName)).Append(entry is DirectoryInfo ? "/" : "").Append('\t').Append(size).Append('\n');
        }

        return Task.FromResult(new ToolOutcome(entries.Count == 0 ? "This folder is empty." : entries.Count > MaxEntries ? $"{text}[and more than {MaxEntries}]" : text.ToString()));
    }
}

internal sealed class SearchTool(Workspace workspace) : Tool
{
    private const int MaxHits = 200;
    private const int MaxLine = 300;
    private const int MaxFileBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    public override string Name => "search";

    public override string Description => "Find lines by a regular expression in the text files of the workspace. Answers path:line: text.";

    public override string Schema => """{"type":"object","properties":{"pattern":{"type":"string"},"path":{"type":"string","description":"A file or folder; default: the workspace."},"ignore_case":{"type":"boolean"}},"required":["pattern"]}""";

    public override bool IsChange => false;

    public override string Summarize(ToolArguments arguments) => $"{arguments.Text("pattern")} {arguments.Text("path")}".TrimEnd();

    public override async Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (!TryCompile(arguments, out var pattern))
        {
            return ToolOutcome.Error("pattern is not a regular expression. Escape what is meant literally.");
        }

        if (!workspace.Resolve(arguments.Text("path") ?? ".").Try(out var root, out var refusal))
        {
            return ToolOutcome.Error(refusal);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_longest);
        var hits = new StringBuilder();
        var count = 0;
        try
        {
            IEnumerable<FileInfo> files = File.Exists(root) ? [new FileInfo(root)] : Walk.Below(root, recursive: true).OfType<FileInfo>().Where(file => file.LinkTarget is null);
            foreach (var file in files.Where(file => file is { Exists: true, Length: <= MaxFileBytes }))
            {
                count += await SearchAsync(file, pattern, hits, MaxHits - count, limit.Token);
                if (count >= MaxHits)
                {
                    return new ToolOutcome($"{hits}[more than {MaxHits}: search for something narrower]");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            hits.Append("[stopped after 20 s: search in a folder]");
        }

        return new ToolOutcome(hits.Length == 0 ? "Nothing matches." : hits.ToString());
    }

    /// <summary>One that cannot be made to take for ever.</summary>
    private static bool TryCompile(ToolArguments arguments, out Regex pattern)
    {
        try
        {
            pattern = new Regex(arguments.Text("pattern") ?? "", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (arguments.Flag("ignore_case") ? RegexOptions.IgnoreCase : 0));
            return arguments.Text("pattern") is { Length: > 0 };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            pattern = null!;
            return false;
        }
    }

    private async Task<int> SearchAsync(FileInfo file, Regex pattern, StringBuilder hits, int room, CancellationToken cancellationToken)
    {
        if (await ReadAsync(file, cancellationToken) is not { } text)
        {
            return 0;
        }

        var (found, number) = (0, 0);
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (pattern.IsMatch(line) && found++ < room)
            {
                hits.Append(workspace.NameOf(file.FullName)).Append(':').Append(number).Append(": ").Append(line.Length > MaxLine ? line[..MaxLine] + "…" : line).Append('\n');
            }
        }

        return found;
    }

    private static async Task<string?> ReadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            return await TextFile.ReadAsync(file.FullName, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
