using System.Text.Json;
using Spoq.Tests.Conductor;

namespace Spoq.Tests.Cli;

/// <summary>The command on a computer itself, over its socket.</summary>
public sealed class SyncCommandTests(AgentFixture conductor) : IClassFixture<AgentFixture>, IDisposable
{
    private readonly SpoqCli _cli = new() { ["SPOQ_SOCKET"] = conductor.Socket };
    private readonly string _name = $"site-{Guid.NewGuid():n}"[..12];

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Files_go_both_ways_with_their_changes_and_deletions()
    {
        Here("a.txt", "one");
        Here("deep/er/b.txt", "two");
        Here("run.sh", "#!/bin/sh", executable: true);
        Here(".gitignore", "*.log\nbuild/\n");
        Here("x.log", "ignored");
        Here("build/out", "ignored");

        var first = await SyncAsync();
        Assert.Equal([".gitignore", "a.txt", "deep/er/b.txt", "run.sh"], Names(first, "sent"));
        Assert.Equal("two", There("deep/er/b.txt"));
        Assert.True((File.GetUnixFileMode(PathThere("run.sh")) & UnixFileMode.UserExecute) != 0);
        Assert.False(File.Exists(PathThere("x.log")));

        await File.WriteAllTextAsync(PathThere("a.txt"), "changed there");
        await File.WriteAllTextAsync(PathThere("new.txt"), "made there");
        File.Delete(PathHere("deep/er/b.txt"));
        var second = await SyncAsync();
        Assert.Equal(["a.txt", "new.txt"], Names(second, "fetched"));
        Assert.Equal(["deep/er/b.txt"], Names(second, "deleted_there"));
        Assert.Equal(("changed there", "made there"), (await File.ReadAllTextAsync(PathHere("a.txt")), await File.ReadAllTextAsync(PathHere("new.txt"))));
        Assert.False(Directory.Exists(PathThere("deep")));

        File.Delete(PathThere("new.txt"));
        Assert.Equal(["new.txt"], Names(await SyncAsync(), "deleted_here"));
        Assert.False(File.Exists(PathHere("new.txt")));
        var quiet = await SyncAsync();
        Assert.All(new[] { "sent", "fetched", "deleted_here", "deleted_there" }, kind => Assert.Empty(Names(quiet, kind)));
    }

    [Fact]
    public async Task What_both_sides_changed_is_told_and_never_overwritten_until_somebody_chooses()
    {
        Here("plan.md", "base");
        await SyncAsync();
        Here("plan.md", "mine");
        await File.WriteAllTextAsync(PathThere("plan.md"), "theirs");
        await File.WriteAllTextAsync(PathThere("other.txt"), "goes on");

        var told = await _cli.RunAsync("sync", PathHere(""));

        Assert.Equal(1, told.ExitCode);
        Assert.Contains("Conflict: plan.md", told.Errors, StringComparison.Ordinal);
        Assert.Equal(("mine", "theirs", "goes on"), (await File.ReadAllTextAsync(PathHere("plan.md")), There("plan.md"), await File.ReadAllTextAsync(PathHere("other.txt"))));
        Assert.Equal(1, (await _cli.RunAsync("sync", PathHere(""))).ExitCode);
        Assert.Equal(0, (await _cli.RunAsync("sync", PathHere(""), "--prefer", "there")).ExitCode);
        Assert.Equal(("theirs", "theirs"), (await File.ReadAllTextAsync(PathHere("plan.md")), There("plan.md")));
    }

    [Fact]
    public async Task A_folder_that_was_emptied_does_not_empty_the_other_side()
    {
        Enumerable.Range(0, 20).ToList().ForEach(number => Here($"{number}.txt", $"{number}"));
        await SyncAsync();
        Directory.Delete(PathHere(""), recursive: true);
        Directory.CreateDirectory(PathHere(""));

        var told = await _cli.RunAsync("sync", PathHere(""));

        Assert.Equal(1, told.ExitCode);
        Assert.Contains("--delete", told.Errors, StringComparison.Ordinal);
        Assert.Equal("7", There("7.txt"));
        Assert.Equal(0, (await _cli.RunAsync("sync", PathHere(""), "--delete")).ExitCode);
        Assert.False(File.Exists(PathThere("7.txt")));
    }

    [Fact]
    public async Task The_last_file_of_a_side_is_not_deleted_without_a_word()
    {
        Here("only.txt", "kept");
        await SyncAsync();
        File.Delete(PathHere("only.txt"));

        var told = await _cli.RunAsync("sync", PathHere(""));

        Assert.Equal((1, "kept"), (told.ExitCode, There("only.txt")));
        Assert.Equal(0, (await _cli.RunAsync("sync", PathHere(""), "--delete")).ExitCode);
        Assert.False(File.Exists(PathThere("only.txt")));
    }

    [Fact]
    public async Task What_became_a_link_or_a_pipe_on_one_side_is_not_deleted_on_the_other()
    {
        string[] names = ["link.txt", "pipe.txt", "folder/a.txt"];
        Array.ForEach([.. names, "other.txt"], name => Here(name, name));
        await SyncAsync();
        foreach (var isThere in new[] { true, false })
        {
            Func<string, string> path = isThere ? PathThere : PathHere, other = isThere ? PathHere : PathThere;
            var moved = $"moved-{isThere}";
            File.Delete(path("link.txt"));
            File.CreateSymbolicLink(path("link.txt"), "other.txt");
            File.Delete(path("pipe.txt"));
            await PipeAsync(path("pipe.txt"));
            Directory.Move(path("folder"), path(moved));
            File.CreateSymbolicLink(path("folder"), moved);

            var told = await _cli.RunAsync("sync", PathHere(""));

            Assert.True(told.ExitCode == 0, told.Errors);
            Assert.All(names, name => Assert.Equal(name, File.ReadAllText(other(name))));
            Assert.Contains("pipe.txt was left alone", told.Errors, StringComparison.Ordinal);
            File.Delete(path("link.txt"));
            File.Delete(path("pipe.txt"));
            File.Delete(path("folder"));
            Assert.Equal(0, (await _cli.RunAsync("sync", PathHere(""), "--delete")).ExitCode);
            Assert.All(names, name => Assert.False(File.Exists(other(name))));
            Array.ForEach(names, name => Here(name, name));
            await SyncAsync();
        }
    }

    [Fact]
    public async Task A_file_keeps_its_permissions_and_a_new_one_is_its_owners()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Here("secret.env", "one");
        Here("tool", "#!/bin/sh", executable: true);
        await SyncAsync();
        Assert.Equal((Owner, Owner | UnixFileMode.UserExecute), (File.GetUnixFileMode(PathThere("secret.env")), File.GetUnixFileMode(PathThere("tool"))));

        File.SetUnixFileMode(PathThere("secret.env"), Owner | UnixFileMode.GroupRead);
        Here("secret.env", "two, from here");
        File.SetUnixFileMode(PathHere("tool"), Owner | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(PathThere("tool"), "#!/bin/bash, from there");
        await SyncAsync();
        Assert.Equal(("two, from here", "#!/bin/bash, from there"), (There("secret.env"), await File.ReadAllTextAsync(PathHere("tool"))));
        Assert.Equal((Owner | UnixFileMode.GroupRead, Owner | UnixFileMode.UserExecute), (File.GetUnixFileMode(PathThere("secret.env")), File.GetUnixFileMode(PathHere("tool"))));
    }

    [Fact]
    public async Task What_a_killed_sync_left_behind_is_no_content_and_goes_after_a_day()
    {
        Here("a.txt", "a");
        Here(".spoq-1.part", "half");
        Here(".spoq-2.part", "old half");
        File.SetLastWriteTimeUtc(PathHere(".spoq-2.part"), DateTime.UtcNow.AddDays(-2));

        Assert.Equal(["a.txt"], Names(await SyncAsync(), "sent"));

        Assert.Equal((true, false), (File.Exists(PathHere(".spoq-1.part")), File.Exists(PathHere(".spoq-2.part"))));
    }

    [Fact]
    public async Task A_link_leads_nowhere_on_either_side()
    {
        Here("a.txt", "a");
        await SyncAsync();
        var outside = Directory.CreateDirectory(Path.Combine(_cli.Folder, "outside")).FullName;
        File.CreateSymbolicLink(PathHere("way"), outside);
        Directory.CreateDirectory(PathThere("way"));
        await File.WriteAllTextAsync(PathThere("way/evil.txt"), "evil");
        File.CreateSymbolicLink(PathThere("etc"), "/etc");

        await SyncAsync();

        Assert.Empty(Directory.GetFiles(outside));
        Assert.False(Path.Exists(PathHere("etc")));
    }

    [Fact]
    public async Task A_hundred_megabytes_arrive_whole()
    {
        var bytes = new byte[100_000_000];
        new Random(7).NextBytes(bytes);
        Directory.CreateDirectory(PathHere(""));
        await File.WriteAllBytesAsync(PathHere("large.bin"), bytes);

        Assert.Equal(["large.bin"], Names(await SyncAsync(), "sent"));

        Assert.True((await File.ReadAllBytesAsync(PathThere("large.bin"))).AsSpan().SequenceEqual(bytes));
        File.Delete(PathThere("large.bin"));
    }

    private static async Task PipeAsync(string path)
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync();
        Assert.Equal(0, made.ExitCode);
    }

    private string PathHere(string name) => Path.Combine(_cli.Folder, _name, name);

    private string PathThere(string name) => Path.Combine(conductor.Workspace, _name, name);

    private string There(string name) => File.ReadAllText(PathThere(name));

    private void Here(string name, string text, bool executable = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathHere(name))!);
        File.WriteAllText(PathHere(name), text);
        if (executable)
        {
            File.SetUnixFileMode(PathHere(name), (UnixFileMode)0b111_101_101);
        }
    }

    private async Task<JsonElement> SyncAsync()
    {
        var told = await _cli.RunAsync("sync", PathHere(""), "--json");
        Assert.True(told.ExitCode == 0, $"{told.Output}\n{told.Errors}");
        return JsonDocument.Parse(told.Output).RootElement;
    }

    private static string[] Names(JsonElement told, string kind) => [.. told.GetProperty(kind).EnumerateArray().Select(name => name.GetString()!)];
}
