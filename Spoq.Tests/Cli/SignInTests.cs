using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

public sealed class SignInTests(CliWorld world) : IClassFixture<CliWorld>
{
    [Fact]
    public async Task A_machine_is_signed_in_by_the_device_flow_and_out_again()
    {
        using var cli = new SpoqCli(world.Server.BaseUrl);
        var before = await cli.RunAsync("whoami");
        var signedIn = await world.SignInAsync(cli);

        Assert.Equal(3, before.ExitCode);
        Assert.Contains("spoq init", before.Errors, StringComparison.Ordinal);
        Assert.Equal((0, $"Signed in as {world.Owner.Email}. Your computer is {world.Hostname}. Next: spoq ask \"what can you do?\""), (signedIn.ExitCode, signedIn.Output));
        Assert.Contains("check that it shows these words", signedIn.Errors, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cli.Credentials));
        Assert.Equal((0, world.Owner.Email), await cli.RunAsync("whoami") is var who ? (who.ExitCode, who.Output) : default);
        Assert.Equal(0, (await cli.RunAsync("init")).ExitCode);

        var token = Saved(cli)["access_token"]!.GetValue<string>();
        var gone = await cli.RunAsync("logout");
        Assert.Equal((0, ""), (gone.ExitCode, gone.Output));
        Assert.DoesNotContain(token, await File.ReadAllTextAsync(cli.Credentials), StringComparison.Ordinal);
        Assert.Equal(3, (await cli.RunAsync("whoami")).ExitCode);
        using var api = new ApiClient(world.Server) { Token = token };
        using var refused = await api.GetAsync("/api/auth/me");
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(0, (await cli.RunAsync("logout")).ExitCode);
    }

    [Fact]
    public async Task Who_is_turned_away_is_told_and_nothing_is_kept()
    {
        using var cli = new SpoqCli(world.Server.BaseUrl);

        var denied = await world.SignInAsync(cli, "deny");

        Assert.Equal((3, ""), (denied.ExitCode, denied.Output));
        Assert.Contains("denied", denied.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(cli.Credentials));
    }

    [Fact]
    public async Task Eight_at_once_with_an_expired_token_refresh_once()
    {
        using var way = new TappedLine(world.Server.BaseUrl);
        using var cli = await world.NewMachineAsync(way.Url);
        var before = Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));
        var asked = way.Count("POST /oauth/token");

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cli.RunAsync("whoami", "--verbose")));

        Assert.All(all, one => Assert.True(one.ExitCode == 0, one.Errors));
        var after = Saved(cli)["refresh_token"]!.GetValue<string>();
        Assert.NotEqual(before, after);
        Assert.Equal(asked + 1, way.Count("POST /oauth/token"));

        // Were one of the eight still holding the spent token, the next use of the chain would end it.
        Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));
        Assert.Equal(0, (await cli.RunAsync("whoami")).ExitCode);
    }

    [Fact]
    public async Task An_answer_that_was_lost_on_its_way_is_asked_for_again()
    {
        using var way = new TappedLine(world.Server.BaseUrl);
        using var cli = await world.NewMachineAsync(way.Url);
        Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));
        way.LosesNextAnswerTo = "/oauth/token";

        Assert.Equal(new Printed(0, world.Owner.Email, ""), await cli.RunAsync("whoami"));
        Assert.Null(way.LosesNextAnswerTo);
    }

    [Fact]
    public async Task A_no_of_something_in_between_forgets_no_sign_in()
    {
        using var way = new TappedLine(world.Server.BaseUrl);
        using var cli = await world.NewMachineAsync(way.Url);
        Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));
        way.Instead = path => path == "/oauth/token" ? (400, "<html>Log in to the hotel's network</html>") : null;

        Assert.NotEqual(0, (await cli.RunAsync("whoami")).ExitCode);

        way.Instead = null;
        Assert.Equal((0, world.Owner.Email), await cli.RunAsync("whoami") is var who ? (who.ExitCode, who.Output) : default);
    }

    [Fact]
    public async Task Ctrl_C_while_a_token_is_renewed_does_not_lose_its_successor()
    {
        using var way = new TappedLine(world.Server.BaseUrl);
        using var cli = await world.NewMachineAsync(way.Url);
        var before = Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));
        way.Holds = "/oauth/token";
        using var process = cli.Start("whoami");
        process.StandardInput.Close();
        await way.HeldAsync();

        // Three times, as the impatient do; the answer comes after the grace of two seconds.
        for (var press = 0; press < 3; press++)
        {
            using var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{process.Id}"]);
            await kill.WaitForExitAsync();
        }

        way.Release(after: TimeSpan.FromSeconds(3));
        Assert.Equal(130, (await SpoqCli.EndAsync(process)).ExitCode);
        Assert.NotEqual(before, Saved(cli)["refresh_token"]!.GetValue<string>());
        Assert.Equal(0, (await cli.RunAsync("whoami")).ExitCode);
    }

    [Fact]
    public async Task A_spoq_that_is_too_old_for_the_control_plane_says_how_to_update()
    {
        var folder = Directory.CreateTempSubdirectory("spoq-min-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), """{"version":"9.9.9","min_conductor":"0.0.1","min_cli":"9.9.9","artifacts":[]}""");
        await using var demanding = await world.Server.NewSiblingAsync(new Dictionary<string, string> { ["Releases__Directory"] = folder });
        using var way = new TappedLine(world.Server.BaseUrl);
        using var cli = await world.NewMachineAsync(way.Url);
        way.Target = demanding.BaseUrl;

        var told = await cli.RunAsync("whoami");

        Assert.Equal((1, ""), (told.ExitCode, told.Output));
        Assert.Contains("needs 9.9.9. Update with: spoq update", told.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await cli.RunAsync("update")).ExitCode);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_token_that_is_refused_before_its_time_is_renewed()
    {
        using var cli = await world.NewMachineAsync();
        Change(cli, signIn => signIn["access_token"] = "not.a.token");

        Assert.Equal((0, world.Owner.Email), await cli.RunAsync("whoami") is var who ? (who.ExitCode, who.Output) : default);
    }

    [Fact]
    public async Task A_sign_in_that_was_ended_elsewhere_says_so_with_code_3()
    {
        using var cli = await world.NewMachineAsync();
        Change(cli, signIn => (signIn["access_token"], signIn["refresh_token"]) = ("not.a.token", "spent"));

        var told = await cli.RunAsync("whoami");

        Assert.Equal((3, ""), (told.ExitCode, told.Output));
        Assert.Contains("spoq init", told.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_others_could_read_are_closed_again()
    {
        using var cli = await world.NewMachineAsync();
        File.SetUnixFileMode(cli.Credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        await cli.RunAsync("whoami");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cli.Credentials));
    }

    private static JsonNode Saved(SpoqCli cli) => JsonNode.Parse(File.ReadAllText(cli.Credentials))!["sign_ins"]!.AsObject().Single().Value!;

    private static string Change(SpoqCli cli, Action<JsonNode> change)
    {
        var all = JsonNode.Parse(File.ReadAllText(cli.Credentials))!;
        var signIn = all["sign_ins"]!.AsObject().Single().Value!;
        var before = signIn["refresh_token"]!.GetValue<string>();
        change(signIn);
        File.WriteAllText(cli.Credentials, all.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return before;
    }
}
