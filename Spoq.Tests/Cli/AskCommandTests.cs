using System.Text.Json;

namespace Spoq.Tests.Cli;

/// <summary>Against a real control plane and a real Conductor with the echo.</summary>
public sealed class AskCommandTests(CliWorld world) : IClassFixture<CliWorld>
{
    [Fact]
    public async Task A_question_comes_from_the_arguments_a_dash_or_a_pipe()
    {
        var typed = await world.Cli.RunAsync("ask", "good", "day");
        var dashed = await world.Cli.PipeAsync("from a dash\n", "ask", "-");
        var piped = await world.Cli.PipeAsync("from a pipe\n", "ask");

        Assert.Equal(new Printed(0, "good day", ""), typed);
        Assert.Equal(new Printed(0, "from a dash", ""), dashed);
        Assert.Equal(new Printed(0, "from a pipe", ""), piped);
    }

    [Fact]
    public async Task The_answer_as_json_names_its_conversation_and_the_next_goes_on_with_it()
    {
        using var cli = await world.NewMachineAsync();
        var first = JsonDocument.Parse((await cli.RunAsync("ask", "--json", "one two three")).Output).RootElement;
        var second = JsonDocument.Parse((await cli.RunAsync("ask", "--json", "-c", "four")).Output).RootElement;

        Assert.Equal(("one two three", "spoq-echo", 3), (first.GetProperty("text").GetString(), first.GetProperty("model").GetString(), first.GetProperty("output_tokens").GetInt32()));
        Assert.Equal(first.GetProperty("conversation_id").GetGuid(), second.GetProperty("conversation_id").GetGuid());
        Assert.True(second.GetProperty("input_tokens").GetInt32() > 1);
    }

    [Fact]
    public async Task A_command_gives_its_outputs_and_its_exit_code()
    {
        var told = await world.Cli.RunAsync("run", "echo out; echo err >&2; exit 7");
        var json = await world.Cli.RunAsync("run", "--json", "--", "printf", "hi");

        Assert.Equal(new Printed(7, "out", "err"), told);
        var said = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal((0, "hi"), (said.GetProperty("exit_code").GetInt32(), said.GetProperty("stdout").GetString()));
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_ends_an_endless_command()
    {
        using var process = world.Cli.Start("run", "--timeout", "60", "yes");
        process.StandardInput.Close();
        Assert.Equal("y", await process.StandardOutput.ReadLineAsync());

        process.StandardOutput.Close();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(limit.Token);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Status_shows_the_computer_too()
    {
        var told = await world.Cli.RunAsync("status");

        Assert.Equal(0, told.ExitCode);
        Assert.Contains($"\n{world.Hostname} running", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_name_is_answered_with_those_there_are()
    {
        var told = await world.Cli.RunAsync("run", "--on", "bob", "true");

        Assert.Equal(1, told.ExitCode);
        Assert.Contains(world.Hostname, told.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_and_devices_are_managed_from_here()
    {
        var made = await world.Cli.RunAsync("keys", "create", "my script", "--days", "30");
        Assert.StartsWith("spoq_", made.Output, StringComparison.Ordinal);
        Assert.Contains("not shown again", made.Errors, StringComparison.Ordinal);
        Assert.Contains("my script\t", (await world.Cli.RunAsync("keys")).Output, StringComparison.Ordinal);
        Assert.NotEqual(made.Output, (await world.Cli.RunAsync("keys", "rotate", "my script", "--quiet")).Output);
        Assert.Equal(0, (await world.Cli.RunAsync("keys", "revoke", "my script")).ExitCode);
        Assert.Equal((0, ""), await world.Cli.RunAsync("keys") is var none ? (none.ExitCode, none.Output) : default);

        await File.WriteAllTextAsync(Path.Combine(world.Cli.Folder, "id.pub"), await Stories.SshKeygen.NewPublicKeyAsync("ada@laptop"));
        var added = await world.Cli.RunAsync("devices", "add", "--key", "id.pub", "--name", "laptop");
        Assert.Contains($"ssh ada@{world.Hostname}", added.Output, StringComparison.Ordinal);
        Assert.Contains("laptop\tada\tSHA256:", (await world.Cli.RunAsync("devices")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await world.Cli.RunAsync("devices", "remove", "laptop")).ExitCode);
    }
}
