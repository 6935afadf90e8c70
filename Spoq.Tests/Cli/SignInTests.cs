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
        using var cli = await world.NewMachineAsync();
        var before = Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cli.RunAsync("whoami", "--verbose")));

        Assert.All(all, one => Assert.True(one.ExitCode == 0, one.Errors));
        var after = Saved(cli)["refresh_token"]!.GetValue<string>();
        Assert.NotEqual(before, after);

        // Were one of the eight still holding the spent token, the next use of the chain would end it.
        Change(cli, signIn => signIn["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(-5));
        Assert.Equal(0, (await cli.RunAsync("whoami")).ExitCode);
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
