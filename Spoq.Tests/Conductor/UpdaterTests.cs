using Spoq.Conductor;
using Spoq.Conductor.Updates;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary><c>conductor update</c>: a minute passes in a second here, but for the runs that are killed, which are real.</summary>
public sealed class UpdaterTests : IDisposable
{
    private readonly UpdateWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_signed_newer_one_that_is_well_stays_and_the_one_before_is_kept()
    {
        Assert.Equal(0, await UpdateAsync());

        Assert.Equal(("9.9.9", true), (_world.Outcome!.Version, _world.Outcome.IsDone));
        Assert.Equal(_world.Build, await File.ReadAllBytesAsync(_world.Program));
        Assert.Equal(UpdateWorld.Script(ConductorVersion.Current), await File.ReadAllBytesAsync(_world.Program + ".previous"));
        Assert.Equal(["conductor", "conductor.lock", "conductor.previous"], Beside());
    }

    [Fact]
    public async Task One_that_is_not_well_in_a_minute_is_taken_back_and_not_tried_again_unless_it_must_be()
    {
        _world.Health = version => version == "9.9.9" ? null : version;

        Assert.Equal(1, await UpdateAsync());

        Assert.Equal(UpdateWorld.Script(ConductorVersion.Current), await File.ReadAllBytesAsync(_world.Program));
        Assert.Equal(("9.9.9", false), (_world.Outcome!.Version, _world.Outcome.IsDone));
        Assert.Equal((0, 1), (await UpdateAsync(), _world.Downloads));
        _world.Offer = _world.Offer! with { IsForced = true };
        _world.Health = version => version;
        Assert.Equal((0, 2), (await UpdateAsync(), _world.Downloads));
        Assert.Equal("9.9.9", await _world.VersionAsync());
    }

    [Fact]
    public async Task What_is_older_not_signed_damaged_or_does_not_start_changes_nothing()
    {
        using var stranger = new UpdateWorld();
        var good = _world.Offer!;
        foreach (var (offer, build) in new[]
        {
            (good with { Signature = null }, _world.Build),
            (good with { Signature = stranger.OfferOf(_world.Build).Signature }, _world.Build),
            (good with { Version = "10.0.0" }, _world.Build),
            (_world.OfferOf(_world.Build, ConductorVersion.Current), _world.Build),
            (_world.OfferOf(_world.Build, "0.0.9"), _world.Build),
            (good, UpdateWorld.Script("9.9.8")),
            (_world.OfferOf("#!/bin/sh\nexit 1\n"u8.ToArray()), "#!/bin/sh\nexit 1\n"u8.ToArray()),
        })
        {
            (_world.Offer, _world.Build) = (offer, build);

            Assert.Equal(1, await UpdateAsync());
            Assert.Equal(UpdateWorld.Script(ConductorVersion.Current), await File.ReadAllBytesAsync(_world.Program));
            Assert.Null(_world.Outcome);
        }

        _world.Offer = null;
        Assert.Equal(0, await UpdateAsync());
    }

    [Fact]
    public async Task Killed_at_any_step_the_program_runs_and_the_next_run_ends_well()
    {
        // While the build comes.
        Assert.NotEqual(0, await StalledAsync());
        await MendsAsync();

        // Just before each file takes its place, and before each is deleted, until a run survives.
        foreach (var (call, atLeast) in new[] { ("rename", 3), ("unlink", 1) })
        {
            var kills = 0;
            for (_world.Reset(); await KilledAtAsync(call, kills + 1); _world.Reset())
            {
                kills++;
                Assert.Contains(await _world.VersionAsync(), new[] { ConductorVersion.Current, "9.9.9" });
                await MendsAsync();
            }

            Assert.InRange(kills, atLeast, 12);
        }

        _world.Reset("[ -e '" + _world.Program + ".killed' ] || { touch '" + _world.Program + ".killed'; kill -9 $PPID; exit 1; }");
        Assert.NotEqual(0, await _world.RunAsync());
        Assert.Equal("9.9.9", await _world.VersionAsync());
        await MendsAsync();
    }

    [Fact]
    public async Task The_computers_own_command_line_is_kept_up_to_date_and_only_by_what_is_ours()
    {
        _world.Offer = null;
        var good = _world.OfferOf(_world.Build, name: "spoq-linux-amd64");
        foreach (var (offer, version, code) in new[]
        {
            (good with { Signature = null }, "1.0.0", 1),
            (good with { Version = "10.0.0" }, "1.0.0", 1),
            (_world.OfferOf(_world.Build, "0.0.9", name: "spoq-linux-amd64"), "1.0.0", 1),
            (good, "9.9.9", 0),
        })
        {
            _world.PutCommandLine("1.0.0");
            _world.CommandLineOffer = offer;

            Assert.Equal(code, await UpdateAsync());
            Assert.Equal(UpdateWorld.Script(version), await File.ReadAllBytesAsync(_world.CommandLine));
        }

        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(_world.CommandLine));
        Assert.DoesNotContain(Directory.GetFiles(Path.GetDirectoryName(_world.CommandLine)!), name => name.Contains(".part", StringComparison.Ordinal));
    }

    private async Task MendsAsync()
    {
        Assert.Equal(0, await _world.RunAsync());
        Assert.Equal(("9.9.9", "9.9.9", true), (await _world.VersionAsync(), _world.Outcome?.Version, _world.Outcome?.IsDone));
        Assert.False(File.Exists(_world.Program + ".updating"));
        Assert.DoesNotContain(Beside(), name => name.Contains(".part", StringComparison.Ordinal));
    }

    private async Task<bool> KilledAtAsync(string call, int time) =>
        await _world.RunAsync("strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:signal=KILL:when={time}") != 0;

    private async Task<int> StalledAsync()
    {
        _world.StallsHalfway = true;
        using var process = _world.Launch();
        await Eventually.TrueAsync(() => Beside().Any(name => name.EndsWith(".part", StringComparison.Ordinal)), "the download to begin");
        process.Kill();
        await process.WaitForExitAsync();
        _world.StallsHalfway = false;
        return process.ExitCode;
    }

    private List<string> Beside() => [.. Directory.GetFiles(Path.GetDirectoryName(_world.Program)!, "*conductor*").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private async Task<int> UpdateAsync()
    {
        using var http = ConductorApp.ControlPlaneClient(_world.Config);
        return await new Updater(_world.Config, DataDirectory.Of(_world.Data), http, _world.Program, _world.PublicKey, new HurriedClock()).RunAsync(CancellationToken.None);
    }

    /// <summary>A minute is over in a second.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private const int Times = 60;

        public override long GetTimestamp() => System.GetTimestamp() * Times;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, dueTime / Times, period);
    }
}
