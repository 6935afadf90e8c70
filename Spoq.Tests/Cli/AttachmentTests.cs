using System.Text.Json;
using Spoq.Tests.Conductor;

namespace Spoq.Tests.Cli;

/// <summary>What goes along with a question, as the model's endpoint sees it.</summary>
public sealed class AttachmentTests(AgentFixture conductor) : IClassFixture<AgentFixture>, IDisposable
{
    private readonly SpoqCli _cli = new() { ["SPOQ_SOCKET"] = conductor.Socket };

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Files_folders_patterns_and_names_after_an_at_sign_go_along_and_what_git_ignores_does_not()
    {
        Put(".git/HEAD", "x");
        Put(".gitignore", "*.secret\n/out/\n!keep.secret\n");
        Put("src/a.cs", "class A;");
        Put("src/deep/b.cs", "class B;");
        Put("src/deep/c.secret", "hidden");
        Put("keep.secret", "kept");
        Put("out/d.cs", "built");
        Put("notes.md", "noted");
        await File.WriteAllBytesAsync(Path.Combine(_cli.Folder, "src/e.bin"), [0, 1, 2]);

        Assert.Equal(["src/a.cs", "src/deep/b.cs"], await SentAsync("why?", "--file", "**/*.cs"));
        Assert.Equal(["src/a.cs", "src/deep/b.cs"], await SentAsync("why?", "--file", "src"));
        Assert.Equal(["keep.secret", "notes.md"], await SentAsync("what of @notes.md and me@example.com", "--file", "*.secret", "-f", "notes.md"));
        Assert.Equal(["src/deep/c.secret"], await SentAsync("why?", "--file", "src/deep/c.secret"));
    }

    [Theory]
    [InlineData("There is no file nowhere.txt", "nowhere.txt")]
    [InlineData("is not UTF-8 text", "binary")]
    [InlineData("at most 1024 KiB", "large.txt")]
    [InlineData("Nothing matches", "*.nothing")]
    public async Task What_cannot_go_along_is_told_before_anything_is_sent(string expected, string file)
    {
        Put("large.txt", new string('a', 1_100_000));
        await File.WriteAllBytesAsync(Path.Combine(_cli.Folder, "binary"), [0, 255]);
        conductor.Model.Asked.Clear();

        var told = await _cli.RunAsync("ask", "why?", "--file", file);

        Assert.Equal((2, ""), (told.ExitCode, told.Output));
        Assert.Contains(expected, told.Errors, StringComparison.Ordinal);
        Assert.Empty(conductor.Model.Asked);
    }

    [Fact]
    public async Task A_pipe_beside_a_question_is_a_file_called_stdin()
    {
        conductor.Model.Says("Seen.");
        var told = await _cli.PipeAsync("line 1\nline 2\n", "ask", "what is this?");

        Assert.Equal(new Printed(0, "Seen.", ""), told);
        Assert.Contains("<file path=\"stdin\">\nline 1\nline 2\n\n</file>", Prompt(), StringComparison.Ordinal);
    }

    private async Task<string[]> SentAsync(params string[] arguments)
    {
        conductor.Model.Says("Seen.");
        var told = await _cli.RunAsync(["ask", .. arguments]);
        Assert.True(told.ExitCode == 0, told.Errors);
        return [.. System.Text.RegularExpressions.Regex.Matches(Prompt(), "<file path=\"([^\"]+)\">").Select(match => match.Groups[1].Value)];
    }

    private string Prompt() => conductor.Model.Asked.Last().GetProperty("messages") is var messages && messages.ValueKind == JsonValueKind.Array ? messages[messages.GetArrayLength() - 1].GetProperty("content").GetString()! : "";

    private void Put(string name, string text)
    {
        var path = Path.Combine(_cli.Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
