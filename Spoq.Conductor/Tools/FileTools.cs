using System.Text;
using Spoq.Conductor.Files;

namespace Spoq.Conductor.Tools;

internal sealed class ReadTool(Workspace workspace) : Tool
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private const int DefaultLines = 2000;

    public override string Name => "read";

    public override string Description => "Read a text file of the workspace, or a part of it.";

    public override string Schema => """{"type":"object","properties":{"path":{"type":"string"},"first_line":{"type":"integer","minimum":1},"lines":{"type":"integer","minimum":1,"description":"Default 2000."}},"required":["path"]}""";

    public override bool IsChange => false;

    public override string Summarize(ToolArguments arguments) => arguments.Text("path") ?? "";

    public override async Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (!workspace.Resolve(arguments.Text("path")).Try(out var file, out var refusal))
        {
            return ToolOutcome.Error(refusal);
        }

        if (new FileInfo(file).Length > MaxBytes)
        {
            return ToolOutcome.Error("This file is larger than 16 MiB. Use search, or run with head, tail or sed.");
        }

        var text = await TextFile.ReadAsync(file, cancellationToken);
        if (text is null)
        {
            return ToolOutcome.Error("This file is not UTF-8 text.");
        }

        var lines = text.Split('\n');
        var first = Math.Max(1, arguments.Number("first_line") ?? 1);
        var count = Math.Max(1, arguments.Number("lines") ?? DefaultLines);
        var part = string.Join('\n', lines.Skip(first - 1).Take(count));
        var isWhole = first == 1 && lines.Length <= count;
        return new ToolOutcome(Excerpt.Of(part) + (isWhole ? "" : $"\n[lines {first} to {Math.Min(lines.Length, first - 1 + count)} of {lines.Length}]"));
    }
}

internal sealed class WriteTool(Workspace workspace) : Tool
{
    public override string Name => "write";

    public override string Description => "Write a text file in the workspace: a new one, or all of one anew. Folders on the way are made.";

    public override string Schema => """{"type":"object","properties":{"path":{"type":"string"},"content":{"type":"string"}},"required":["path","content"]}""";

    public override bool IsChange => true;

    public override string Summarize(ToolArguments arguments) => $"{arguments.Text("path")} ({Encoding.UTF8.GetByteCount(arguments.Text("content") ?? "")} bytes)";

    public override async Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Text("content") is not { } content)
        {
            return ToolOutcome.Error("content is missing.");
        }

        if (!workspace.Resolve(arguments.Text("path")).Try(out var file, out var refusal))
        {
            return ToolOutcome.Error(refusal);
        }

        if (Directory.Exists(file))
        {
            return ToolOutcome.Error("This is a folder.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await TextFile.WriteAsync(file, content, cancellationToken);
        return new ToolOutcome($"Written: {workspace.NameOf(file)}");
    }
}

internal sealed class EditTool(Workspace workspace) : Tool
{
    public override string Name => "edit";

    public override string Description => "Replace a piece of text in a file of the workspace. old_text must stand there exactly once, unless all is true.";

    public override string Schema => """{"type":"object","properties":{"path":{"type":"string"},"old_text":{"type":"string"},"new_text":{"type":"string"},"all":{"type":"boolean"}},"required":["path","old_text","new_text"]}""";

    public override bool IsChange => true;

    public override string Summarize(ToolArguments arguments) => arguments.Text("path") ?? "";

    public override async Task<ToolOutcome> UseAsync(ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Text("old_text") is not { Length: > 0 } before || arguments.Text("new_text") is not { } after)
        {
            return ToolOutcome.Error("old_text and new_text are needed; to make a file, use write.");
        }

        if (!workspace.Resolve(arguments.Text("path")).Try(out var file, out var refusal))
        {
            return ToolOutcome.Error(refusal);
        }

        if (await TextFile.ReadAsync(file, cancellationToken) is not { } text)
        {
            return ToolOutcome.Error("This file is not UTF-8 text.");
        }

        var first = text.IndexOf(before, StringComparison.Ordinal);
        if (first < 0)
        {
            return ToolOutcome.Error("old_text does not stand in this file. Read it again: white space counts.");
        }

        if (!arguments.Flag("all") && text.IndexOf(before, first + 1, StringComparison.Ordinal) >= 0)
        {
            return ToolOutcome.Error("old_text stands in this file more than once. Give more of what is around it, or set all.");
        }

        await TextFile.WriteAsync(file, text.Replace(before, after, StringComparison.Ordinal), cancellationToken);
        return new ToolOutcome($"Edited: {workspace.NameOf(file)}");
    }
}

internal static class TextFile
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null: not text.</summary>
    public static async Task<string?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        var bytes = await RegularFile.ReadAllAsync(file, cancellationToken);
        try
        {
            return bytes.AsSpan().Contains((byte)0) ? null : s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The old file or the new one, whatever happens in between; an existing file keeps its permissions.</summary>
    public static async Task WriteAsync(string file, string text, CancellationToken cancellationToken)
    {
        var draft = Path.Combine(Path.GetDirectoryName(file)!, Draft.TextName());
        try
        {
            await File.WriteAllTextAsync(draft, text, s_strict, cancellationToken);
            if (File.Exists(file))
            {
                File.SetUnixFileMode(draft, File.GetUnixFileMode(file));
            }

            File.Move(draft, file, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }
    }
}
