using Spoq.Cli;
using Spoq.Cli.Account;
using Spoq.Cli.Terminal;
using Spoq.Cli.Updates;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

public sealed class UpdateTests : IDisposable
{
    private readonly FakeReleases _releases = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-update-").FullName;

    private string Target => Path.Combine(_folder, "spoq");

    public void Dispose()
    {
        _releases.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_signed_newer_build_takes_the_place_of_the_old_one()
    {
        Assert.Null(await UpdateAsync());

        Assert.Equal(_releases.Build, await File.ReadAllBytesAsync(Target));
        Assert.Equal([Target], Directory.GetFiles(_folder));
        Assert.True((File.GetUnixFileMode(Target) & UnixFileMode.UserExecute) != 0);
    }

    [Fact]
    public async Task A_download_that_breaks_goes_on_where_it_stopped()
    {
        _releases.Build = FakeReleases.Script($"echo 9.9.9 #{new string('x', 200_000)}");
        _releases.BreaksAfter = 100_000;

        Assert.Null(await UpdateAsync());
        Assert.Equal(_releases.Build, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task What_is_not_signed_by_our_key_for_this_name_and_version_changes_nothing()
    {
        using var stranger = new FakeReleases();
        var file = Offer();

        Assert.Contains("signature", await UpdateAsync(file with { Signature = null }), StringComparison.Ordinal);
        Assert.Contains("signature", await UpdateAsync(file with { Signature = "AAAA" }), StringComparison.Ordinal);
        Assert.Contains("signature", await UpdateAsync(file with { Signature = stranger.Sign(file.Name, _releases.Build) }), StringComparison.Ordinal);
        Assert.Contains("signature", await UpdateAsync(file with { Version = "10.0.0" }), StringComparison.Ordinal);
        Assert.Contains("signature", await UpdateAsync(file with { Name = "spoq-darwin-arm64" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_one_a_damaged_one_and_one_that_does_not_start_change_nothing()
    {
        Assert.Contains("not newer", await UpdateAsync(Offer("0.0.9")), StringComparison.Ordinal);
        Assert.Contains("not newer", await UpdateAsync(Offer(ControlPlane.Version)), StringComparison.Ordinal);

        var file = Offer();
        _releases.Build = FakeReleases.Script("echo 9.9.9+abd");
        Assert.Contains("checksum", await UpdateAsync(file), StringComparison.Ordinal);
        _releases.Build = FakeReleases.Script("exit 1");
        Assert.Contains("does not start", await UpdateAsync(), StringComparison.Ordinal);
        _releases.Build = "\u007fELF nonsense"u8.ToArray();
        Assert.Contains("does not start", await UpdateAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_version_is_told_on_a_terminal_once_it_is_known_and_never_in_a_pipe()
    {
        using var cli = new SpoqCli(_releases.Url);
        await Eventually.TrueAsync(
            async () => (await cli.OnTerminalAsync("", 80, "spoq status")).Output.Contains("spoq 9.9.9 is out", StringComparison.Ordinal), "the notice", TimeSpan.FromSeconds(60));

        Assert.Equal(new Printed(0, "ok 0.1.0", ""), await cli.RunAsync("status"));
        Assert.DoesNotContain("is out", (await cli.OnTerminalAsync("", 80, "spoq status --quiet")).Output, StringComparison.Ordinal);
        Assert.StartsWith("spoq 9.9.9 is out", (await cli.RunAsync("update", "--check")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.2.3", "1.2.2", true)]
    [InlineData("1.10.0", "1.9.9", true)]
    [InlineData("1.2.3", "1.2.3", false)]
    [InlineData("1.2.2", "1.2.3", false)]
    [InlineData("nonsense", "1.2.3", false)]
    [InlineData(null, "1.2.3", false)]
    public void Versions_are_numbers(string? candidate, string than, bool isNewer) => Assert.Equal(isNewer, Spoq.Core.Releases.ReleaseVersion.IsNewer(candidate, than));

    private ReleaseFileSeen Offer(string? version = null) => new(ThisBuild.ArtifactName, version ?? _releases.Version, _releases.Build.Length, FakeReleases.Sha256(_releases.Build))
    {
        Signature = _releases.Sign(ThisBuild.ArtifactName, _releases.Build, version),
    };

    /// <summary>What it complained of; null: it was done. A complaint leaves the old file and nothing else.</summary>
    private async Task<string?> UpdateAsync(ReleaseFileSeen? file = null)
    {
        await File.WriteAllBytesAsync(Target, FakeReleases.Script("echo old"));
        File.SetUnixFileMode(Target, (UnixFileMode)0b111_101_101);
        var home = new Home(Path.Combine(_folder, "home"));
        await home.WriteAsync(new Credentials().With(_releases.Url, new SignIn("token", "refresh", DateTimeOffset.UtcNow.AddHours(1))), CancellationToken.None);
        using var screen = new Screen(true, false, true);
        using var controlPlane = new ControlPlane(_releases.Url, home, screen);
        try
        {
            await new Update(controlPlane, _releases.PublicKey, Target).RunAsync(file ?? Offer(), CancellationToken.None);
            return null;
        }
        catch (CommandFailedException no)
        {
            Assert.Equal(FakeReleases.Script("echo old"), await File.ReadAllBytesAsync(Target));
            Assert.Equal([Target], Directory.GetFiles(_folder));
            return no.Message;
        }
    }
}
