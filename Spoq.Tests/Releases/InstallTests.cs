using System.Diagnostics;
using System.Net;
using Spoq.Tests.Support;

namespace Spoq.Tests.Releases;

/// <summary>The install script against a running control plane that gives out what <c>scripts/publish</c> made.</summary>
public sealed class InstallTests(ReleasesFixture fixture) : IClassFixture<ReleasesFixture>
{
    private SpoqServer Server => fixture.Server;

    [Fact]
    public async Task The_command_from_the_dashboard_installs_a_spoq_that_runs()
    {
        using var shell = new PosixShell();

        var (code, output, errors) = await shell.RunAsync($"curl -sSL '{Server.BaseUrl}install?token={await fixture.TokenAsync()}' | sh");

        Assert.True(code == 0, errors);
        Assert.Equal("", output);
        Assert.Contains($"Installed {shell.Installed}", errors, StringComparison.Ordinal);
        var next = errors.Split("Next: ")[1].Trim();
        Assert.EndsWith($" init --url {Server.BaseUrl.ToString().TrimEnd('/')}", next, StringComparison.Ordinal);
        var status = await shell.RunAsync(next.Replace(" init ", " status ", StringComparison.Ordinal));
        Assert.True(status.Code == 0, status.Errors);
        Assert.StartsWith("ok 0.1.0", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_used_token_installs_nothing_more_and_says_what_to_do()
    {
        using var shell = new PosixShell();
        var token = await fixture.TokenAsync();
        using var http = Server.NewClient();
        using (var first = await http.GetAsync(new Uri($"/releases/{fixture.Artifact}?token={token}", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }

        var (code, _, errors) = await shell.RunAsync($"curl -sSL '{Server.BaseUrl}install?token={token}' | sh");

        Assert.Equal(1, code);
        Assert.Contains("used already. Take a new command from your dashboard", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(shell.Installed));
    }

    [Fact]
    public async Task A_script_that_was_cut_off_anywhere_does_nothing()
    {
        using var http = Server.NewClient();
        var script = await http.GetStringAsync(new Uri($"/install?token={await fixture.TokenAsync()}", UriKind.Relative));
        using var shell = new PosixShell();
        var end = script.LastIndexOf("main", StringComparison.Ordinal);

        foreach (var length in Enumerable.Range(1, end - 1).Where(at => at % 17 == 0 || at > end - 40))
        {
            await shell.PipeAsync(script[..length]);
        }

        Assert.Empty(Directory.GetFileSystemEntries(shell.Home));
    }

    [Fact]
    public async Task A_damaged_download_is_not_installed()
    {
        using var shell = new PosixShell();
        using var http = Server.NewClient();
        var script = await http.GetStringAsync(new Uri($"/install?token={await fixture.TokenAsync()}", UriKind.Relative));
        var at = script.IndexOf("sha256=", StringComparison.Ordinal) + "sha256=".Length;

        var (code, _, errors) = await shell.PipeAsync(script[..at] + (script[at] == '0' ? '1' : '0') + script[(at + 1)..]);

        Assert.Equal(1, code);
        Assert.Contains("checksum is wrong. Nothing was installed", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(shell.Home, "bin")));
    }

    [Fact]
    public async Task The_script_is_plain_posix_shell()
    {
        using var http = Server.NewClient();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, await http.GetStringAsync(new Uri("/install.sh", UriKind.Relative)));

        using var check = Process.Start(new ProcessStartInfo("shellcheck", ["--shell=sh", file]) { RedirectStandardOutput = true })!;
        var found = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        File.Delete(file);

        Assert.True(check.ExitCode == 0, found);
    }

    [Fact]
    public async Task Versions_tell_each_build_with_its_checksum()
    {
        using var http = Server.NewClient();
        var versions = await http.GetStringAsync(new Uri("/releases/version", UriKind.Relative));

        Assert.Contains($"\"name\":\"{fixture.Artifact}\"", versions, StringComparison.Ordinal);
        Assert.Contains("\"cli\":\"0.1.0\"", versions, StringComparison.Ordinal);
        Assert.Contains("\"min_conductor\":", versions, StringComparison.Ordinal);
    }
}
